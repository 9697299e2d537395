"""Shares of datasets: their owner lets people and groups see them, or change them, and takes that back."""

from __future__ import annotations

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from mlabs_ext import wire
from mlabs_ext.errors import NotFound, TooMany, Unusable
from mlabs_ext.service import dataset_rows, dataset_shown
from mlabs_ext.service.fields import plain
from mlabs_ext.service.orm_datasets import Dataset, DatasetShare
from mlabs_ext.service.orm_types import micros
from mlabs_ext.service.rules import Rules, need_read
from mlabs_ext.service.viewers import Viewer, share_key

MOST, NAME = 100, 255


class DatasetShares(Rules):
    """The rules about shares of datasets."""

    def list(self, viewer: Viewer, owner: str, name: str) -> list[wire.Share]:
        """With whom a dataset is shared, the oldest first; for who acts for its owner."""
        with self.store.read() as session:
            row = dataset_rows.find(session, viewer, owner, name)
            if not viewer.acts_for(row.owner):
                raise dataset_rows.absent(owner, name)
            query = of(row).order_by(DatasetShare.created, DatasetShare.kind, DatasetShare.name)
            return [shape(share) for share in session.scalars(query)]

    def set(self, viewer: Viewer, owner: str, name: str, who: str, fields: wire.ShareChange) -> wire.Share:
        """Let a person or a group see the dataset, or change it, in the place of what they might before."""
        with self.store.write() as session:
            row = dataset_rows.own(session, viewer, owner, name)
            if fields.kind == "user" and who == row.owner:
                raise Unusable(f"{owner}/{name} is {who}'s own.", "share_invalid")
            if not 0 < len(plain(who, "name")) <= NAME:
                raise Unusable(f"The name of a {fields.kind} has 1 to {NAME} characters.", "share_invalid")
            share = session.get(DatasetShare, (row.id, fields.kind, who))
            if share is None:
                share = self.new(session, row, fields.kind, who)
            # The owner's own word outlives the link that somebody came by.
            share.access, share.via, share.expires = fields.access, None, None
            spread(session, row)
            return shape(share)

    def remove(self, viewer: Viewer, owner: str, name: str, kind: str, who: str) -> None:
        """End the share with a person or a group."""
        with self.store.write() as session:
            row = dataset_rows.own(session, viewer, owner, name)
            share = session.get(DatasetShare, (row.id, kind, who.replace("\0", "")))
            if share is None:
                reason = f"{owner}/{name} is not shared with the {kind} {who!r:.100}."
                raise NotFound(reason, "share_not_found")
            session.delete(share)
            spread(session, row)

    def with_me(self, viewer: Viewer) -> list[wire.Dataset]:
        """Datasets of others that are shared with the viewer or a group of theirs, at most 100."""
        user = need_read(viewer)
        mine = (DatasetShare.kind == "user") & (DatasetShare.name == user)
        groups = (DatasetShare.kind == "group") & DatasetShare.name.in_(viewer.groups or ())
        good = DatasetShare.expires.is_(None) | (DatasetShare.expires > self.now())
        found = select(DatasetShare.dataset_id).where(mine | groups, good)
        query = select(Dataset).where(
            Dataset.id.in_(found),
            Dataset.owner != user,
            Dataset.deleted.is_(None),
            Dataset.taken_down.is_(None),
        )
        with self.store.read() as session:
            rows = session.scalars(query.order_by(Dataset.updated.desc(), Dataset.id).limit(MOST))
            return [dataset_shown.dataset(viewer, self.addresses, row) for row in rows]

    def new(self, session: Session, row: Dataset, kind: str, who: str) -> DatasetShare:
        """One more share of a dataset that nobody else can change now."""
        there = select(func.count()).select_from(DatasetShare).where(DatasetShare.dataset_id == row.id)
        if (session.scalar(there) or 0) >= MOST:
            reason = f"A dataset is shared with {MOST} at most. Share it with a group, or end another share."
            raise TooMany(reason, "too_many_shares")
        share = DatasetShare(dataset_id=row.id, kind=kind, name=who, access="view", created=self.now())
        session.add(share)
        return share


def of(row: Dataset) -> Select[tuple[DatasetShare]]:
    """The shares of a dataset."""
    return select(DatasetShare).where(DatasetShare.dataset_id == row.id)


def spread(session: Session, row: Dataset) -> None:
    """Write onto the dataset's row what its shares come to: rules decide by the row alone."""
    session.flush()
    held = {
        share_key(share.kind, share.name): [share.access, share.expires and micros(share.expires)]
        for share in session.scalars(of(row))
    }
    row.shared = held or None


def shape(share: DatasetShare) -> wire.Share:
    """A share as its owner sees it."""
    known = share.access, share.created
    if share.kind == "link":
        return wire.Share(share.kind, share.label or "", *known, id=share.name, expires=share.expires)
    return wire.Share(share.kind, share.name, *known, expires=share.expires, via=share.via)
