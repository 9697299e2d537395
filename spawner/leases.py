"""Which files a server on a lent machine may fetch and send back: one lease for each, while it runs."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from pathlib import Path

import msgspec
from msgspec import Struct

NAME = re.compile(r"[a-z0-9-]{1,63}")


class Lease(Struct):
    """Files of one home, at the path `home`: all below `folders`, up to `most` bytes together."""

    home: str
    folders: list[str]
    most: int
    digest: str = ""


class Leases:
    """The leases, as files in `directory`: the hub writes them, what serves the files reads them.

    A server has one at a time, by the name of its container: a new one ends the one before, so a machine
    that comes back after its lab was opened elsewhere has no say any more.
    """

    def __init__(self, directory: Path):
        self.directory = directory

    def grant(self, name: str, lease: Lease) -> str:
        """Keep the lease; return the token that stands for it."""
        secret = secrets.token_urlsafe(32)
        lease.digest = digest(secret)
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = self._file(name).with_suffix(".partial")
        partial.touch(mode=0o600)
        partial.write_bytes(msgspec.json.encode(lease))
        partial.replace(self._file(name))
        return f"{name}.{secret}"

    def find(self, token: str) -> Lease | None:
        """The lease that a token stands for; None where it is over, or there never was one."""
        name, _, secret = token.partition(".")
        if not NAME.fullmatch(name):
            return None
        try:
            lease = msgspec.json.decode(self._file(name).read_bytes(), type=Lease)
        except FileNotFoundError:
            return None
        return lease if hmac.compare_digest(lease.digest, digest(secret)) else None

    def end(self, name: str) -> None:
        """End the lease of that name, if there is one."""
        self._file(name).unlink(missing_ok=True)

    def _file(self, name: str) -> Path:
        return self.directory / f"{name}.json"


def digest(secret: str) -> str:
    """What is kept of a token: who reads the files of leases cannot use them."""
    return hashlib.sha256(secret.encode()).hexdigest()


def default_directory() -> Path:
    """`leases` in `MLABS_DATA`, or in `mlabs-data` below the working directory."""
    return Path(os.environ.get("MLABS_DATA", "mlabs-data"), "leases").absolute()
