"""Signs leases, so that who works for the pool can tell that it is the server that asks for it."""

from __future__ import annotations

import base64
import hashlib
import hmac

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mlabs_ext.wire import community as wire


class LeaseSeals:
    """Signs with a key of its own, which is made of the service's secret."""

    def __init__(self, secret: bytes):
        self._names = hmac.digest(secret, b"mlabs people of the pool", hashlib.sha256)
        seed = hmac.digest(secret, b"mlabs leases", hashlib.sha256)
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.key = base64.b64encode(self._private.public_key().public_bytes_raw()).decode()

    def person(self, owner: str) -> str:
        """Tells people apart, for those who are not to know who they are."""
        return hmac.digest(self._names, owner.encode(), hashlib.sha256).hex()[:16]

    def signed(self, lease: wire.Lease) -> wire.Lease:
        """The lease with its signature."""
        said = msgspec.to_builtins(lease)
        said = {name: value for name, value in said.items() if name not in ("signed", "signature")}
        text = msgspec.json.encode(said)
        lease.signed = text.decode()
        lease.signature = base64.b64encode(self._private.sign(text)).decode()
        return lease
