"""Notebooks that come from elsewhere: what is asked for, and what would become of it."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from mlabs_ext.wire.labs import Description, Tags, Title, Visibility

__all__ = ["Import", "ImportChange", "ImportCreate", "ImportFile", "ImportRequest"]


class ImportRequest(Struct, forbid_unknown_fields=True):
    """`url` is an address, a viewer's page or a badge; `notebook` says which one, where there are several."""

    url: Annotated[str, Meta(max_length=4000)]
    notebook: Annotated[str, Meta(max_length=500)] = ""


class ImportChange(Struct):
    """What was repaired or taken off: a stable code, what it is about, how often, and words for a person."""

    code: str
    what: str
    count: int
    message: str


class ImportFile(Struct):
    """A file that came with the notebook; `size` in bytes. `taken` says whether the lab gets it as well."""

    path: str
    size: int
    taken: bool = False


class Import(Struct):
    """A notebook from elsewhere as it would become a lab. Nothing was made yet.

    `id` makes the lab, within a day; it is null where one of `notebooks` has to be chosen first. `source` is
    where it was fetched from, `made_of` says what it was if it was no notebook. `environment` and
    `accelerator` are proposals, with the reasons. `data` is what it used elsewhere and will not find here.
    """

    id: str | None
    source: str
    file: str
    notebooks: list[str] = []
    files: list[ImportFile] = []
    made_of: str = ""
    title: str = ""
    description: str = ""
    environment: str = ""
    environment_why: str = ""
    accelerator: str = "none"
    accelerator_why: str = ""
    visibility: Visibility = "private"
    cells: int = 0
    size: int = 0
    notebook_sha256: str = ""
    changes: list[ImportChange] = []
    data: list[str] = []


class ImportCreate(Struct, forbid_unknown_fields=True):
    """What the lab is to be; what is left out is as it was proposed.

    `files` says whether files that came with the notebook are put beside it.
    """

    name: str | None = None
    title: Title | None = None
    description: Description | None = None
    tags: Tags | None = None
    visibility: Visibility | None = None
    environment: str | None = None
    accelerator: str | None = None
    files: bool = True
