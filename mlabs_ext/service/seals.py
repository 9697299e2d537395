"""Signs what a link carries, so that it comes back as it was made, for the same purpose, and in time."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import msgspec


class Sealed(msgspec.Struct, array_like=True):
    """What is signed."""

    purpose: str
    until: datetime | None
    words: list[str]


class Seals:
    """Makes and opens tokens with one key."""

    def __init__(self, secret: bytes):
        # Not the secret itself, which signs other things elsewhere.
        self._key = hmac.digest(secret, b"mlabs links", hashlib.sha256)

    def seal(self, purpose: str, *words: str, lasts: timedelta | None = None) -> str:
        """A token that carries `words`."""
        until = datetime.now(UTC) + lasts if lasts else None
        said = msgspec.json.encode(Sealed(purpose, until, list(words)))
        return f"{_text(said)}.{_text(hmac.digest(self._key, said, hashlib.sha256))}"

    def open(self, purpose: str, token: str) -> list[str] | None:
        """The words of a token; None where it is not one of ours for this purpose, or too old."""
        try:
            said, signature = (base64.b64decode(part + "==", b"-_") for part in token.split("."))
        except ValueError:
            return None
        if not hmac.compare_digest(signature, hmac.digest(self._key, said, hashlib.sha256)):
            return None
        sealed = msgspec.json.decode(said, type=Sealed)
        old = sealed.until is not None and sealed.until < datetime.now(UTC)
        return None if old or sealed.purpose != purpose else sealed.words


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
