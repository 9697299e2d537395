"""Shares of datasets: their owner lets people and groups see them, or change them, and takes that back."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from mlabs_ext import wire
from mlabs_ext.errors import NotFound
from mlabs_ext.service import dataset_rows, dataset_shown
from mlabs_ext.service.linking import Linking
from mlabs_ext.service.orm_datasets import Dataset, DatasetShare
from mlabs_ext.service.rules import need_read
from mlabs_ext.service.viewers import Viewer

LISTED = 100


class DatasetShares(Linking):
    """The rules about them. Whoever opens a link may use the dataset; nobody changes it by one."""

    what, table, key, rows = "dataset", DatasetShare, "dataset_id", Dataset

    def find(self, session: Session, viewer: Viewer, owner: str, name: str, lock: bool = False) -> Dataset:
        """The dataset, if the viewer may see it."""
        return dataset_rows.find(session, viewer, owner, name, lock)

    def own(self, session: Session, viewer: Viewer, owner: str, name: str) -> Dataset:
        """The dataset, locked for a change by its owner."""
        return dataset_rows.own(session, viewer, owner, name)

    def absent(self, owner: str, name: str) -> NotFound:
        """There is no such dataset."""
        return dataset_rows.absent(owner, name)

    def shown(self, session: Session, viewer: Viewer, row: Dataset) -> wire.Dataset:
        """The dataset."""
        return dataset_shown.dataset(viewer, self.addresses, row)

    def with_me(self, viewer: Viewer) -> list[wire.Dataset]:
        """Datasets of others that are shared with the viewer or a group of theirs, at most 100."""
        user = need_read(viewer)
        query = select(Dataset).where(
            Dataset.id.in_(self.held(viewer)),
            Dataset.owner != user,
            Dataset.deleted.is_(None),
            Dataset.taken_down.is_(None),
        )
        with self.store.read() as session:
            rows = session.scalars(query.order_by(Dataset.updated.desc(), Dataset.id).limit(LISTED))
            return [dataset_shown.dataset(viewer, self.addresses, row) for row in rows]
