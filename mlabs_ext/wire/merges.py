"""What a fork and its original have to do with each other: news, merges and their conflicts."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from mlabs_ext.wire.comparisons import ComparedCell, ComparedLine
from mlabs_ext.wire.labs import Version

__all__ = [
    "ConflictKind",
    "MergeChoice",
    "MergeConflict",
    "MergeRequest",
    "Merged",
    "NotebookUpstream",
    "PullRequest",
    "Upstream",
    "UpstreamMerge",
]

ConflictKind = Literal["edited", "removed_here", "removed_there", "added"]
Message = Annotated[str, Meta(max_length=1000)]


class MergeChoice(Struct, forbid_unknown_fields=True):
    """How a conflict ends. `both` leaves two cells, mine first; `source` is what an `edit` says instead."""

    take: Literal["mine", "theirs", "both", "edit"]
    source: str | None = None


Choices = Annotated[dict[Annotated[str, Meta(max_length=20)], MergeChoice], Meta(max_length=10_000)]


class MergeConflict(Struct):
    """A cell that both sides changed. `base`, `mine` and `theirs` are its sources, null where it is
    not there.

    `a` and `b` are its numbers in mine and theirs, from 1. `lines` has both of them side by side.
    """

    id: str
    kind: ConflictKind
    type: str
    base: str | None
    mine: str | None
    theirs: str | None
    a: int | None
    b: int | None
    lines: list[ComparedLine]


class Merged(Struct):
    """`notebook` has what is mine where a conflict is left; `cells` are what takes mine to it."""

    notebook: dict[str, Any]
    conflicts: list[MergeConflict]
    cells: list[ComparedCell]


class Upstream(Struct):
    """What a fork's original has that the fork has not.

    `base` is the version that the fork last took in, or was forked from; `versions` are those after it,
    newest first, at most 20 of `new`. `environment` and `accelerator` are where the original runs now.
    """

    lab: str
    title: str
    base: int
    latest: int
    new: int
    versions: list[Version]
    environment: str
    accelerator: str
    url: str


class MergeRequest(Struct, forbid_unknown_fields=True):
    """`notebook` is what to merge into, the fork's latest version by default; it is not kept. `version` is
    the original's, the latest by default.
    """

    notebook: msgspec.Raw | UnsetType = UNSET
    version: Annotated[int, Meta(ge=1, lt=2**31)] | None = None
    choices: Choices = {}


class UpstreamMerge(Struct):
    """A merge that was worked out and changed nothing: of `version` of `lab`, since `base`, into `into` of
    the fork; null where it was into a notebook that was sent along.
    """

    lab: str
    base: int
    version: int
    into: int | None
    merged: Merged


class PullRequest(Struct, forbid_unknown_fields=True):
    """Takes `version` of the original, the latest by default, into a new version of the fork.

    `into` is the fork's latest version as far as the asker knows: they chose by it.
    """

    version: Annotated[int, Meta(ge=1, lt=2**31)] | None = None
    into: Annotated[int, Meta(ge=1, lt=2**31)] | None = None
    choices: Choices = {}
    message: Message | None = None


class NotebookUpstream(Struct):
    """What a front end is told of the original of a notebook's lab; null where there is none to be seen."""

    upstream: Upstream | None
