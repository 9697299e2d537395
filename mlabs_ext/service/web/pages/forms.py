"""What makes a form that was sent twice, by a double click or a reload, do its work once."""

from __future__ import annotations

import hashlib
import secrets

from mlabs_ext.service.idempotency import Key
from mlabs_ext.service.web.pages.base import Page


def form_key() -> str:
    """A new value for a form's hidden field `key`."""
    return secrets.token_urlsafe(16)


def sent_once(page: Page, *said: str) -> Key | None:
    """The key of the form that was sent, tied to what it said; None where it has none.

    Another choice on the same page, after going back to it, is another request.
    """
    given = page.field("key")
    if not given:
        return None
    digest = hashlib.sha256("\0".join(said).encode()).hexdigest()
    return Key.checked(f"form {digest[:16]} {given}", digest)
