"""Collections: lists of labs that a person put together."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from mlabs_ext.wire.labs import Lab, Title, Visibility

__all__ = ["Collection", "CollectionChange", "CollectionCreate", "CollectionItem", "CollectionItemChange"]

Note = Annotated[str, Meta(max_length=1000)]
About = Annotated[str, Meta(max_length=2000)]


class CollectionItem(Struct):
    """A lab in a collection, and what its curator says of it."""

    lab: Lab
    note: str
    added: datetime


class Collection(Struct):
    """A collection. `items` are what the asker may see of it, in order; lists leave them out."""

    owner: str
    name: str
    title: str
    description: str
    visibility: Visibility
    created: datetime
    updated: datetime
    url: str
    items: list[CollectionItem] | UnsetType = UNSET


class CollectionCreate(Struct, forbid_unknown_fields=True):
    """A new collection; its name is made from the title where none is given."""

    title: Title
    name: str | None = None
    description: About = ""
    visibility: Visibility = "public"


class CollectionChange(Struct, forbid_unknown_fields=True):
    """What of a collection changes; what is left out stays."""

    title: Title | UnsetType = UNSET
    description: About | UnsetType = UNSET
    visibility: Visibility | UnsetType = UNSET


class CollectionItemChange(Struct, forbid_unknown_fields=True):
    """What to say of a lab, and its place from 1 on: the last one where it is new and nothing is said."""

    note: Note | UnsetType = UNSET
    position: Annotated[int, Meta(ge=1, lt=2**31)] | UnsetType = UNSET
