"""Shapes of the user's server about the datasets of a notebook: what it uses, what there is, what comes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from mlabs_ext.wire.datasets import Number, Paths, UploadIds
from mlabs_ext.wire.labs import License, Title, Visibility
from mlabs_ext.wire.runs import RunId

__all__ = [
    "DataMake",
    "DataWish",
    "FoundData",
    "FoundPage",
    "MadeData",
    "NotebookData",
    "NotebookDataset",
    "UploadStart",
]

DataState = Literal["ready", "coming", "absent", "blocked", "too_large", "failed", "lost"]
FoundKind = Literal["dataset", "model", "lab"]


class NotebookDataset(Struct):
    """A dataset that a notebook uses. `path` is where it finds the files, beside it; `newest` is the latest
    version, `pinned` the one that is named, null where it goes along with the latest.

    `state`: it is `ready`; it is `coming`, with `done` bytes of `size` here; it is `absent` until somebody
    asks for it; it is `blocked` by something else in its place; it is `too_large` to be fetched; fetching
    `failed`; it is `lost`, as no such dataset is there for this person. `message` says why and what to do.
    """

    dataset: str
    title: str
    version: int
    pinned: int | None
    newest: int
    size: int
    files: int
    path: str
    url: str
    state: DataState
    done: int = 0
    message: str | None = None


class MadeData(Struct):
    """A dataset that is being made for a notebook. `dataset` is its name once that has been done, `code` and
    `message` say why it could not be.
    """

    id: str
    title: str
    source: str
    state: Literal["making", "made", "failed"]
    started: datetime
    dataset: str | None = None
    code: str | None = None
    message: str | None = None


class NotebookData(Struct):
    """What a notebook uses. `lab` is the lab that says so, null where the notebook alone does.

    `metadata` is what the notebook's `mlabs` metadata should hold. `restart_url` leads to a restart of this
    server, where that brings what is too large to be fetched; it is empty elsewhere.
    """

    lab: str | None
    items: list[NotebookDataset]
    making: list[MadeData]
    metadata: dict[str, list[str]]
    restart_url: str = ""


class DataWish(Struct, forbid_unknown_fields=True):
    """A dataset that a notebook is to use: `version` pins one, without it the notebook goes along with the
    latest. With `write_metadata` the file is changed as well; an open front end does so itself.
    """

    dataset: str
    version: Number | None = None
    write_metadata: bool = False


class DataMake(Struct, forbid_unknown_fields=True, kw_only=True):
    """A private dataset to be made of what was uploaded, of an address, or of what a run made."""

    title: Title
    license: License | None = None
    uploads: UploadIds | None = None
    url: Annotated[str, Meta(max_length=2000)] | None = None
    run: RunId | None = None
    paths: Paths | None = None


class FoundData(Struct):
    """A result of a search: a dataset, a model, or a lab whose runs made files.

    `size` in bytes and `files` are null where the kind has none; `format` is a model's.
    """

    kind: FoundKind
    reference: str
    owner: str
    title: str
    description: str
    version: int
    visibility: Visibility
    updated: datetime
    url: str
    size: int | None = None
    files: int | None = None
    license: str | None = None
    format: str | None = None
    runs: int | None = None


class FoundPage(Struct):
    """Results, and where the next ones begin."""

    items: list[FoundData]
    next: str | None = None


class UploadStart(Struct, forbid_unknown_fields=True):
    """A file that is to come in pieces: its path within the dataset, and its bytes."""

    path: Annotated[str, Meta(min_length=1, max_length=1000)]
    size: Annotated[int, Meta(ge=0, lt=2**60)]
