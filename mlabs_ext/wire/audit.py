"""Shapes of the record of who did what."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

__all__ = ["AuditEntry", "AuditQuery"]


class AuditQuery(Struct, forbid_unknown_fields=True):
    """Which entries are wanted; what is empty does not matter."""

    actor: str = ""
    action: str = ""
    kind: str = ""
    about: str = ""
    request: str = ""
    since: datetime | None = None
    until: datetime | None = None


class AuditEntry(Struct):
    """Something that was done. `actor` is null where MLabs did it by itself; `about` is OWNER/NAME of labs,
    datasets and models; `request` is the id in the logs; `address` is null unless the settings say otherwise.
    """

    id: str
    at: datetime
    action: str
    kind: str
    about: str
    detail: str
    actor: str | None
    request: str | None
    address: str | None
