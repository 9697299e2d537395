"""Comments on labs and on their cells."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

__all__ = ["Comment", "CommentChange", "CommentCreate", "CommentHide", "CommentedCell", "Hidden"]

CommentText = Annotated[str, Meta(min_length=1, max_length=5000)]
CellId = Annotated[str, Meta(pattern=r"^[a-zA-Z0-9_-]{1,64}$(?!\n)")]
CommentId = Annotated[str, Meta(pattern=r"^[0-9A-Z]{26}$(?!\n)")]
Reason = Annotated[str, Meta(max_length=1000)]


class Hidden(Struct):
    """Who hid a comment, and why as far as the asker may know."""

    by: Literal["owner", "administrator"]
    reason: str | None


class Comment(Struct):
    """A comment with its replies, oldest first. `version` is the one that it was written about.

    `cell` is the id of the cell that it is about, null where it is about the lab; `cell_label` is where that
    stood and how it began. `text` is null where it was deleted, or hidden from the asker.
    """

    id: str
    lab: str
    user: str
    version: int
    cell: str | None
    cell_label: str | None
    parent: str | None
    text: str | None
    created: datetime
    edited: datetime | None
    deleted: datetime | None
    hidden: Hidden | None
    replies: list[Comment]
    url: str


class CommentCreate(Struct, forbid_unknown_fields=True):
    """A comment: plain text, with paragraphs and code in backticks.

    `cell` makes it one about a cell of `version`, the latest by default; `parent` a reply.
    """

    text: CommentText
    cell: CellId | None = None
    version: Annotated[int, Meta(ge=1, lt=2**31)] | None = None
    parent: CommentId | None = None


class CommentChange(Struct, forbid_unknown_fields=True):
    """What it says instead."""

    text: CommentText


class CommentHide(Struct, forbid_unknown_fields=True):
    """Why it is hidden; administrators have to say."""

    reason: Reason | None = None


class CommentedCell(Struct):
    """A cell with comments: `label` is where it stood and how it began, `threads` how many it has."""

    cell: str
    label: str
    threads: int
