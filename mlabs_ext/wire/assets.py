"""Assets: the files that runs make and labs have."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

__all__ = ["Asset", "AssetPage"]


class Asset(Struct):
    """A file of a lab. `size` in bytes; `run` made it, null for what was uploaded; `url` serves its bytes."""

    path: str
    size: int
    type: str
    digest: str
    run: str | None
    created: datetime
    url: str


class AssetPage(Struct):
    """A list of files. `next` is always null: lists of files come whole."""

    items: list[Asset]
    next: str | None = None
