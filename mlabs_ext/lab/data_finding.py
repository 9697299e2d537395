"""Searches what a notebook may use: datasets, models, and labs whose runs made files."""

from __future__ import annotations

from typing import Any, Generic, TypeVar
from urllib.parse import quote

from msgspec import Struct

from mlabs_ext import names
from mlabs_ext.errors import BadInput, NotFound
from mlabs_ext.lab.client import Client, lab_path
from mlabs_ext.wire import (
    AssetPage,
    Dataset,
    DatasetFile,
    DatasetVersion,
    FoundData,
    FoundPage,
    Lab,
    Model,
    Preview,
)

T = TypeVar("T")
PAGE = 20
WHOSE = ("all", "mine", "shared")


class Listed(Struct, Generic[T]):
    """A list as the service answers it."""

    items: list[T]
    next: str | None = None


def dataset(found: Dataset) -> FoundData:
    """A dataset as a result."""
    return FoundData(
        "dataset", f"{found.owner}/{found.name}", found.owner, found.title, found.description, found.version,
        found.visibility, found.updated, found.url, found.size, found.files, found.license,
    )  # fmt: skip


def model(found: Model) -> FoundData:
    """A model as a result."""
    return FoundData(
        "model", f"{found.owner}/{found.name}", found.owner, found.title, found.description, found.version,
        found.visibility, found.created, found.page_url, found.size, format=found.format,
    )  # fmt: skip


def lab(found: Lab) -> FoundData:
    """A lab as a result."""
    return FoundData(
        "lab", f"{found.owner}/{found.name}", found.owner, found.title, found.description, found.version,
        found.visibility, found.updated, found.url, license=found.license, runs=found.runs,
    )  # fmt: skip


# Of each kind: where all of them are listed, where what is shared with oneself is, its shape, the result.
KINDS: dict[str, tuple[str, str, Any, Any]] = {
    "dataset": ("datasets", "me/shared/datasets", Listed[Dataset], dataset),
    "model": ("models", "me/shared/models", Listed[Model], model),
    "lab": ("labs", "me/shared", Listed[Lab], lab),
}


class DataFinding:
    """Asks the service as this server's owner."""

    def __init__(self, client: Client, owner: str):
        self._client = client
        self._owner = owner

    async def find(self, kind: str, whose: str, q: str, cursor: str | None) -> FoundPage:
        """A page of results: public ones, one's own, or what others share with one."""
        if kind not in KINDS:
            raise BadInput(f"`kind` is one of: {', '.join(KINDS)}.", "kind_invalid")
        if whose not in WHOSE:
            raise BadInput(f"`whose` is one of: {', '.join(WHOSE)}.", "whose_invalid")
        everywhere, shared, shape, shown = KINDS[kind]
        if whose == "shared":
            # A list that comes whole, or nearly so, and cannot be searched there.
            page = await self._client.get(shared, shape, **({"limit": 100} if kind == "lab" else {}))
            words = q.lower().split()
            items = [item for item in map(shown, page.items) if all(word in said(item) for word in words)]
            return FoundPage(items)
        owner = self._owner if whose == "mine" else None
        page = await self._client.get(everywhere, shape, q=q or None, owner=owner, limit=PAGE, cursor=cursor)
        return FoundPage([shown(item) for item in page.items], page.next)

    async def files(self, reference: str, version: int | None) -> DatasetVersion:
        """A version of a dataset with its files."""
        return await self._client.get(f"{place(reference)}/versions/{version or 'latest'}", DatasetVersion)

    async def preview(self, reference: str, version: int, path: str) -> Preview:
        """What is in a file."""
        return await self._client.get(f"{place(reference)}/versions/{version}/preview/{quote(path)}", Preview)

    async def file(self, reference: str, version: int, path: str) -> tuple[DatasetFile, str]:
        """A file of a version, and where the service has it; NotFound where there is none."""
        found = next(
            (file for file in (await self.files(reference, version)).items or [] if file.path == path), None
        )
        if found is None:
            raise NotFound(f"There is no file {path!r:.100} in {reference}.", "file_not_found")
        return found, f"{place(reference)}/versions/{version}/files/{quote(path)}"

    async def outputs(self, reference: str) -> AssetPage:
        """The files of a lab's latest run that made any; those that lie beside the lab are none of these."""
        owner, name = names.split_lab(reference)
        page = await self._client.get(lab_path(owner, name, "assets"), AssetPage)
        return AssetPage([asset for asset in page.items if asset.run])


def said(item: FoundData) -> str:
    """What words are looked for in."""
    return f"{item.reference} {item.title} {item.description}".lower()


def place(reference: str) -> str:
    """`datasets/{owner}/{name}` of a reference."""
    owner, name, _ = names.split_dataset(reference)
    return f"datasets/{quote(owner, safe='')}/{name}"
