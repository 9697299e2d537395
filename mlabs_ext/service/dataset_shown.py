"""Datasets, their versions and files as answers show them."""

from __future__ import annotations

from msgspec import UNSET
from sqlalchemy.orm import Session

from mlabs_ext import wire
from mlabs_ext.service.addresses import Addresses
from mlabs_ext.service.asset_paths import media_type
from mlabs_ext.service.dataset_rows import files_of
from mlabs_ext.service.orm_datasets import Dataset, DatasetFile, DatasetVersion, LabData
from mlabs_ext.service.rules import access
from mlabs_ext.service.viewers import Viewer


def dataset(viewer: Viewer, addresses: Addresses, row: Dataset) -> wire.Dataset:
    """A dataset."""
    same = ("id", "owner", "name", "title", "description", "license", "source", "visibility", "version")
    counted = ("files", "size", "labs", "created", "updated", "taken_down")
    return wire.Dataset(
        **{field: getattr(row, field) for field in (*same, *counted)},
        tags=list(row.tags),
        url=addresses.dataset(row.owner, row.name),
        data_url=addresses.data(row.owner, row.name, "latest", ""),
        access=access(viewer, row) or UNSET,
    )


def version(
    session: Session, addresses: Addresses, row: Dataset, of: DatasetVersion, whole: bool = False
) -> wire.DatasetVersion:
    """A version, and its files where it is to be whole."""
    shape = wire.DatasetVersion(
        dataset=f"{row.owner}/{row.name}",
        number=of.number,
        author=of.author,
        message=of.message,
        created=of.created,
        digest=of.digest,
        files=of.files,
        size=of.size,
        url=f"{addresses.dataset(row.owner, row.name)}?version={of.number}",
    )
    if whole:
        shape.items = [file(addresses, row, each) for each in files_of(session, of)]
    return shape


def file(addresses: Addresses, row: Dataset, of: DatasetFile) -> wire.DatasetFile:
    """A file, at the address that means these very bytes for good."""
    url = addresses.data(row.owner, row.name, str(of.number), of.path)
    return wire.DatasetFile(of.path, of.size, media_type(of.path), of.blob, url)


def use(addresses: Addresses, row: Dataset, of: LabData, got: DatasetVersion) -> wire.LabDataset:
    """A dataset as a lab uses it."""
    return wire.LabDataset(
        dataset=f"{row.owner}/{row.name}",
        title=row.title,
        version=got.number,
        pinned=of.version,
        size=got.size,
        files=got.files,
        path=f"data/{row.owner}/{row.name}",
        url=addresses.dataset(row.owner, row.name),
        added=of.added,
    )
