"""What people say of themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from mlabs_ext.wire.labs import Lab

__all__ = ["Profile", "ProfileChange"]


class Profile(Struct):
    """A person's profile; of somebody who has not said anything it is empty.

    `bio` is plain text, `link` a home page; `pinned` are labs of theirs, as far as the asker sees them.
    `taken_down` is since when an administrator keeps its words from others.
    """

    name: str
    display_name: str
    bio: str
    link: str
    pinned: list[Lab]
    taken_down: datetime | None
    url: str


class ProfileChange(Struct, forbid_unknown_fields=True):
    """What of a profile changes; `pinned` are names of labs of theirs, in order. "" empties a field."""

    display_name: Annotated[str, Meta(max_length=100)] | UnsetType = UNSET
    bio: Annotated[str, Meta(max_length=2000)] | UnsetType = UNSET
    link: Annotated[str, Meta(max_length=500)] | UnsetType = UNSET
    pinned: Annotated[list[str], Meta(max_length=6)] | UnsetType = UNSET
