"""Shares: with whom a lab is shared, beside what its visibility says."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from mlabs_ext.wire.labs import Access

__all__ = ["LinkAccept", "LinkCreate", "Share", "ShareChange", "ShareKind", "ShareLink"]

ShareKind = Literal["user", "group", "link"]


class Share(Struct):
    """A person, a group of JupyterHub's, or a secret link that a lab is shared with.

    A link has an `id`, its `name` is a label. `expires` is when it ends, null for never. `via` is the id of
    the link by which a person came to it: it ends with that link.
    """

    kind: ShareKind
    name: str
    access: Access
    created: datetime
    id: str | None = None
    expires: datetime | None = None
    via: str | None = None


class ShareChange(Struct, forbid_unknown_fields=True):
    """What somebody may do: `view` the lab, or also `edit` it. `kind` says whose name the address has."""

    access: Access = "view"
    kind: Literal["user", "group"] = "user"


class LinkCreate(Struct, forbid_unknown_fields=True):
    """A secret link; `name` is a label for its owner.

    Whoever opens it may view the lab. One to `edit` lets those edit it who are signed in and accept that.
    """

    access: Access = "view"
    name: Annotated[str, Meta(max_length=100)] = ""
    expires: datetime | None = None


class ShareLink(Share, kw_only=True):
    """A new link. Its `secret`, and `url` with it, are told this once."""

    secret: str
    url: str


class LinkAccept(Struct, forbid_unknown_fields=True):
    """The secret of a link whose lab the asker wants among those that are shared with them."""

    secret: Annotated[str, Meta(max_length=100)]
