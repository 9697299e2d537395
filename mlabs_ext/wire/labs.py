"""Labs, their versions and forks."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from mlabs_ext.wire.runs import RunId
from mlabs_ext.wire.schedules import Reproduced

__all__ = [
    "Access",
    "Description",
    "Digest",
    "ForkCreate",
    "ForkNode",
    "Found",
    "Lab",
    "LabChange",
    "LabCreate",
    "Origin",
    "Tag",
    "Tags",
    "Thumbnail",
    "Title",
    "Version",
    "VersionCreate",
    "Visibility",
]

Visibility = Literal["public", "unlisted", "private"]
Access = Literal["view", "edit"]
Digest = Annotated[str, Meta(pattern=r"^sha256:[0-9a-f]{64}$(?!\n)")]
Title = Annotated[str, Meta(max_length=200)]
Description = Annotated[str, Meta(max_length=10_000)]
Tag = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9+.-]{0,39}$(?!\n)")]
Tags = Annotated[list[Tag], Meta(max_length=20)]
License = Annotated[str, Meta(max_length=200)]


class Origin(Struct):
    """The lab (`owner/name`, null where the asker may not know it) and version that a lab was forked from."""

    lab: str | None
    version: int


class Thumbnail(Struct):
    """The first figure of a lab's latest version, made small. `alt` is its author's, and may be empty."""

    url: str
    alt: str
    width: int
    height: int


class Found(Struct):
    """Where a search found its words: a piece of plain text, and of it `marks`, each from a character until
    before another.
    """

    where: Literal["title", "tags", "name", "description", "text", "code"]
    text: str
    marks: list[tuple[int, int]]


class Lab(Struct):
    """A lab. `version` is its latest; 0 is a draft that nobody but its owner sees.

    `image` is what the lab that it was forked from ran on, and what it runs on itself for as long as that is
    there; null where it runs on its environment as it is now. `checkpoint` is the run whose outputs it was
    forked with: its servers have them in `checkpoint/` beside the notebook. `reproduced` is left out
    where its latest version did not run once more, and of lists. `starred` is whether it has the asker's
    star, `comments` whether they are on; `taken_down` is since when an administrator keeps it from all but
    its owner. `access` is what it is shared with the asker for, and is left out where it is not; `found` is
    there where words were searched. `license` is an SPDX expression.
    """

    id: str
    owner: str
    name: str
    title: str
    description: str
    tags: list[str]
    visibility: Visibility
    environment: str
    accelerator: str
    version: int
    forked_from: Origin | None
    forks: int
    stars: int
    runs: int
    live: bool
    created: datetime
    updated: datetime
    url: str
    embed_url: str
    image: str | None = None
    checkpoint: str | None = None
    starred: bool = False
    comments: bool = True
    taken_down: datetime | None = None
    reproduced: Reproduced | UnsetType = UNSET
    access: Access | UnsetType = UNSET
    thumbnail: Thumbnail | None = None
    found: Found | UnsetType = UNSET
    license: str | None = None


class LabCreate(Struct, forbid_unknown_fields=True):
    """`notebook` is a notebook as JSON, or its text; without one the lab starts as a draft.

    `run` is the id of the run that produced the outputs: it becomes part of the published record.
    `license` is an SPDX identifier or expression, such as `CC-BY-4.0` or `MIT OR Apache-2.0`.
    """

    notebook: msgspec.Raw | UnsetType = UNSET
    name: str | None = None
    title: Title | None = None
    description: Description | None = None
    tags: Tags | None = None
    visibility: Visibility | None = None
    environment: str | None = None
    accelerator: str | None = None
    message: Annotated[str, Meta(max_length=1000)] | None = None
    run: RunId | None = None
    license: License | None = None


class LabChange(Struct, forbid_unknown_fields=True):
    """What a PATCH may change; what is left out stays.

    `image` takes null alone: the lab then runs on its environment as it is now. `license` takes null for
    none. `comments` switches them off and on: off, none are shown or taken, and those that there are wait.
    """

    title: Title | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    tags: Tags | UnsetType = UNSET
    visibility: Visibility | UnsetType = UNSET
    environment: str | UnsetType = UNSET
    accelerator: str | UnsetType = UNSET
    image: UnsetType | None = UNSET
    comments: bool | UnsetType = UNSET
    license: License | UnsetType | None = UNSET


class Version(Struct):
    """One version of a lab, fixed forever. `size` in bytes; `cells` counts all cells.

    `run` is the run that produced its outputs, null where that is not known. `merged` is the version of the
    lab's original that it has taken in since it was forked.
    """

    lab: str
    number: int
    author: str
    message: str
    environment: str
    accelerator: str
    created: datetime
    notebook_sha256: Digest
    code_sha256: Digest
    cells: int
    size: int
    url: str
    run: str | None = None
    merged: int | None = None


class VersionCreate(Struct, forbid_unknown_fields=True):
    """A new version; the lab's other fields change with it where given.

    Either a notebook, or with `restore` the number of a version whose notebook it is to have once more.
    """

    notebook: msgspec.Raw | UnsetType = UNSET
    restore: Annotated[int, Meta(ge=1, lt=2**31)] | None = None
    message: Annotated[str, Meta(max_length=1000)] | None = None
    title: Title | None = None
    description: Description | None = None
    tags: Tags | None = None
    visibility: Visibility | None = None
    environment: str | None = None
    accelerator: str | None = None
    run: RunId | None = None
    license: License | None = None


class ForkCreate(Struct, forbid_unknown_fields=True):
    """`name` defaults to the parent's, numbered where it is taken; `version` to the latest.

    `accelerator` defaults to the version's: who may use none forks a lab all the same. `outputs` is a run of
    the lab whose files the fork goes on from.
    """

    name: str | None = None
    version: int | None = None
    accelerator: str | None = None
    outputs: RunId | None = None


class ForkNode(Struct):
    """A lab in a fork tree, as far as the asker may see it; hidden ones have no `lab` and no `title`."""

    lab: str | None
    title: str | None
    version: int
    forked_version: int | None
    created: datetime
    forks: list[ForkNode]
