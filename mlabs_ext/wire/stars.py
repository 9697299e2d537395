"""Stars."""

from __future__ import annotations

from msgspec import Struct

__all__ = ["Stars"]


class Stars(Struct):
    """How many stars a lab has, and whether one of them is the asker's."""

    stars: int
    starred: bool
