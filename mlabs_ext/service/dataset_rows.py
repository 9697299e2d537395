"""Datasets as they are stored: who finds one and who changes it, by the rules that labs have."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from mlabs_ext.errors import Conflict, NotFound, Stale
from mlabs_ext.names import NAME, numbered
from mlabs_ext.service.orm_datasets import Dataset, DatasetFile, DatasetVersion
from mlabs_ext.service.rules import edits, need_write, sees
from mlabs_ext.service.viewers import Viewer

TRIED = 1000


def absent(owner: str, name: str) -> NotFound:
    """The one answer for datasets that do not exist and those that the asker may not know of."""
    return NotFound(f"There is no dataset {owner}/{name}.", "dataset_not_found")


def find(session: Session, viewer: Viewer, owner: str, name: str, lock: bool = False) -> Dataset:
    """The dataset, if the viewer may see it; `lock` keeps others from changing it meanwhile."""
    if "\0" in owner or not NAME.fullmatch(name):
        raise absent(owner, name)
    query = select(Dataset).where(Dataset.owner == owner, Dataset.name == name, Dataset.deleted.is_(None))
    row = session.scalar(query.with_for_update() if lock else query)
    if row is None or not sees(viewer, row):
        raise absent(owner, name)
    return row


def edited(session: Session, viewer: Viewer, owner: str, name: str, if_match: str | None = None) -> Dataset:
    """The dataset, locked for a change by those who may edit it; absent to everybody else."""
    need_write(viewer)
    row = find(session, viewer, owner, name, lock=True)
    if not edits(viewer, row):
        raise absent(owner, name)
    if if_match is not None and if_match != etag(row):
        raise Stale(f"{owner}/{name} was changed in the meantime: read it again.", "dataset_changed")
    return row


def own(session: Session, viewer: Viewer, owner: str, name: str, if_match: str | None = None) -> Dataset:
    """The same for what its owner alone may change, or an administrator."""
    row = edited(session, viewer, owner, name, if_match)
    if not viewer.acts_for(row.owner):
        raise absent(owner, name)
    return row


def deleted(session: Session, viewer: Viewer, owner: str, name: str) -> Dataset:
    """The dataset of this name that was put into the trash last, locked, for who acts for its owner."""
    need_write(viewer)
    if viewer.acts_for(owner) and "\0" not in owner and NAME.fullmatch(name):
        named = Dataset.owner == owner, Dataset.name == name, Dataset.deleted.is_not(None)
        query = select(Dataset).where(*named).order_by(Dataset.deleted.desc()).limit(1)
        row = session.scalar(query.with_for_update())
        if row is not None:
            return row
    raise absent(owner, name)


def find_version(session: Session, row: Dataset, number: str | int) -> DatasetVersion:
    """A version of the dataset: of that number, or `latest`."""
    wanted = row.version if number == "latest" else int(number)
    found = session.get(DatasetVersion, (row.id, wanted)) if 0 < wanted < 2**31 else None
    if found is None:
        raise NotFound(f"{row.owner}/{row.name} has no version {number}.", "version_not_found")
    return found


def files_of(session: Session, version: DatasetVersion, limit: int | None = None) -> list[DatasetFile]:
    """The files of a version, by path."""
    query = select(DatasetFile).where(
        DatasetFile.dataset_id == version.dataset_id, DatasetFile.number == version.number
    )
    return list(session.scalars(query.order_by(DatasetFile.path).limit(limit)))


def etag(row: Dataset) -> str:
    """What changes whenever the dataset does."""
    return f'"{row.id}-{row.revision}"'


def place(session: Session, row: Dataset, stem: str, exact: bool) -> None:
    """Put a dataset under a name, or under the first free one like it; Conflict where there is none."""
    names: Iterable[str] = [stem] if exact else (numbered(stem, n) for n in count(1))
    for tries, name in enumerate(names):
        try:
            with session.begin_nested():
                row.name, row.deleted = name, None
                session.add(row)
                session.flush()
                return
        except IntegrityError:
            if exact or tries > TRIED:
                break
    reason = f"There is a dataset {row.owner}/{stem} already; choose another name."
    raise Conflict(reason, "dataset_exists")
