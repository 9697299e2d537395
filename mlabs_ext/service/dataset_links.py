"""Secret links to datasets, as labs have them: made, told once, opened, accepted, and revoked."""

from __future__ import annotations

import secrets
from dataclasses import replace

from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from ulid import ULID

from mlabs_ext import wire
from mlabs_ext.errors import NotFound, Unusable
from mlabs_ext.service import dataset_rows, dataset_shown
from mlabs_ext.service.dataset_shares import DatasetShares, of, shape, spread
from mlabs_ext.service.fields import plain
from mlabs_ext.service.orm_datasets import Dataset, DatasetShare
from mlabs_ext.service.rules import need_write
from mlabs_ext.service.share_links import BYTES, Opened, digest
from mlabs_ext.service.times import utc
from mlabs_ext.service.viewers import Viewer


class DatasetLinks(DatasetShares):
    """The rules about them. Whoever opens one may use the dataset; nobody changes it by a link."""

    def make(self, viewer: Viewer, owner: str, name: str, fields: wire.LinkCreate) -> wire.ShareLink:
        """A new link. Its secret is not kept: only now is it known."""
        secret, expires = secrets.token_urlsafe(BYTES), fields.expires and utc(fields.expires)
        if expires is not None and expires <= self.now():
            raise Unusable("A link cannot have expired when it is made.", "expires_invalid")
        if fields.access != "view":
            raise Unusable("Nobody changes a dataset by a link: share it by name for that.", "share_invalid")
        label = plain(fields.name, "name").strip()
        with self.store.write() as session:
            row = dataset_rows.own(session, viewer, owner, name)
            link = self.new(session, row, "link", str(ULID()))
            link.label, link.digest, link.expires = label, digest(secret), expires
            spread(session, row)
            known, url = shape(link), f"{self.addresses.base}s/{secret}"
        return wire.ShareLink(
            known.kind, known.name, known.access, known.created, known.id, expires, secret=secret, url=url
        )

    def revoke(self, viewer: Viewer, owner: str, name: str, link: str) -> None:
        """End a link, and the shares of those who came by it."""
        with self.store.write() as session:
            row = dataset_rows.own(session, viewer, owner, name)
            found = session.get(DatasetShare, (row.id, "link", link.replace("\0", "")))
            if found is None:
                raise NotFound(f"{owner}/{name} has no such link.", "share_not_found")
            came = DatasetShare.dataset_id == row.id, DatasetShare.via == found.name
            session.execute(delete(DatasetShare).where(*came))
            session.delete(found)
            spread(session, row)

    def open(self, secret: str) -> Opened | None:
        """The link of a secret, and its dataset; None where it is no dataset's."""
        query = select(DatasetShare, Dataset).join(Dataset, Dataset.id == DatasetShare.dataset_id)
        query = query.where(DatasetShare.digest == digest(secret), Dataset.deleted.is_(None))
        with self.store.read() as session:
            found = session.execute(query).first()
            if found is None or (found[0].expires is not None and found[0].expires <= self.now()):
                return None
            return Opened(found[0].name, found[1].owner, found[1].name)

    def offered(self, viewer: Viewer, owner: str, name: str) -> bool:
        """Whether the viewer sees the dataset by a link alone, and could have it by name."""
        if viewer.name is None or viewer.acts_for(owner) or not viewer.links:
            return False
        with self.store.read() as session:
            row = dataset_rows.find(session, viewer, owner, name)
            return self._opened(session, viewer, row) is not None and not self._named(session, viewer, row)

    def accept(self, viewer: Viewer, owner: str, name: str) -> wire.Dataset:
        """Share the dataset with the viewer by name, for as long as the link stands that they have opened.

        Their servers and programs, which open no links, have it from then on.
        """
        user = need_write(viewer)
        with self.store.write() as session:
            row = dataset_rows.find(session, viewer, owner, name, lock=True)
            link = self._opened(session, viewer, row)
            if link is not None and user != row.owner and not self._named(session, viewer, row):
                share = self.new(session, row, "user", user)
                share.via, share.expires = link.name, link.expires
                spread(session, row)
            return dataset_shown.dataset(viewer, self.addresses, row)

    def accept_secret(self, viewer: Viewer, fields: wire.LinkAccept) -> wire.Dataset:
        """The same by a link's secret, for programs."""
        need_write(viewer)
        found = self.open(fields.secret)
        if found is None:
            raise NotFound("This link leads to no dataset: it was revoked, or has expired.", "link_not_found")
        return self.accept(replace(viewer, links=(found.link,)), found.owner, found.name)

    def _opened(self, session: Session, viewer: Viewer, row: Dataset) -> DatasetShare | None:
        """The link that the viewer has opened and that stands for longest."""
        links = of(row).where(DatasetShare.kind == "link", DatasetShare.name.in_(viewer.links))
        good = [link for link in session.scalars(links) if link.expires is None or link.expires > self.now()]
        return max(good, key=lambda link: (link.expires is None, link.expires), default=None)

    def _named(self, session: Session, viewer: Viewer, row: Dataset) -> DatasetShare | None:
        return session.get(DatasetShare, (row.id, "user", viewer.name))
