"""Datasets, their versions and files, and which labs use them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from mlabs_ext.wire.labs import Access, Description, Digest, License, Tags, Title, Visibility
from mlabs_ext.wire.runs import RunId

__all__ = [
    "DataAttach",
    "DataSources",
    "Dataset",
    "DatasetChange",
    "DatasetCreate",
    "DatasetFile",
    "DatasetVersion",
    "DatasetVersionCreate",
    "LabDataset",
    "Upload",
]

Message = Annotated[str, Meta(max_length=1000)]
Source = Annotated[str, Meta(max_length=2000)]
Paths = Annotated[list[str], Meta(max_length=10_000)]
UploadIds = Annotated[list[Annotated[str, Meta(pattern=r"^[0-9A-Z]{26}$(?!\n)")]], Meta(max_length=10_000)]
Number = Annotated[int, Meta(ge=1, lt=2**31)]


class Dataset(Struct):
    """A dataset. `version` is its latest, of which `files` counts the files and `size` the bytes.

    `license` is an SPDX expression, null where its owner names none; `source` says where the data come from.
    `labs` counts the labs that use it. `access` and `taken_down` are as they are of labs.
    """

    id: str
    owner: str
    name: str
    title: str
    description: str
    tags: list[str]
    license: str | None
    source: str
    visibility: Visibility
    version: int
    files: int
    size: int
    labs: int
    created: datetime
    updated: datetime
    url: str
    data_url: str
    taken_down: datetime | None = None
    access: Access | UnsetType = UNSET


class DatasetFile(Struct):
    """A file of a version of a dataset. `size` in bytes; `url` serves its bytes."""

    path: str
    size: int
    type: str
    digest: Digest
    url: str


class DatasetVersion(Struct):
    """One version of a dataset, fixed forever. `digest` is one of all its paths and contents.

    `items` are its files by path; lists of versions leave them out.
    """

    dataset: str
    number: int
    author: str
    message: str
    created: datetime
    digest: Digest
    files: int
    size: int
    url: str
    items: list[DatasetFile] | UnsetType = UNSET


class DataSources(Struct, kw_only=True):
    """Where the files of a version come from, all of what is given together.

    `uploads` are ids of uploads that are complete; `run` takes what a run made, or those of its files that
    `paths` name; `url` is fetched. Zip and tar archives are unpacked unless `unpack` is false.
    """

    uploads: UploadIds | None = None
    run: RunId | None = None
    paths: Paths | None = None
    url: Annotated[str, Meta(max_length=2000)] | None = None
    unpack: bool = True


class DatasetCreate(DataSources, forbid_unknown_fields=True, kw_only=True):
    """A new dataset. It is private unless it says otherwise; public ones need a license and a description."""

    name: str | None = None
    title: Title | None = None
    description: Description | None = None
    tags: Tags | None = None
    license: License | None = None
    source: Source | None = None
    visibility: Visibility | None = None
    message: Message | None = None


class DatasetVersionCreate(DataSources, forbid_unknown_fields=True, kw_only=True):
    """A new version: of the files that are given, and with `keep` of the latest one's others as well.

    `remove` are paths of the latest version that it is not to have; it implies `keep`.
    """

    keep: bool = False
    remove: Paths | None = None
    message: Message | None = None


class DatasetChange(Struct, forbid_unknown_fields=True):
    """What a PATCH may change; what is left out stays. `license` takes null for none."""

    title: Title | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    tags: Tags | UnsetType = UNSET
    license: License | UnsetType | None = UNSET
    source: Source | UnsetType = UNSET
    visibility: Visibility | UnsetType = UNSET


class LabDataset(Struct):
    """A dataset that a lab uses. `pinned` is the version that the lab names, null where it goes along with
    the latest; `version` is the one that it gets. `path` is where its notebook finds the files, beside it.
    """

    dataset: str
    title: str
    version: int
    pinned: int | None
    size: int
    files: int
    path: str
    url: str
    added: datetime


class DataAttach(Struct, forbid_unknown_fields=True):
    """`version` pins one; without it the lab gets whichever is the latest when its server starts."""

    version: Number | None = None


class Upload(Struct):
    """A file on its way in: `offset` of its `size` bytes are here."""

    id: str
    path: str
    size: int
    offset: int
    expires: datetime
    url: str
