"""Secret links to labs: made, told once, opened by whoever has them, accepted, and revoked."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session
from traitlets import Any as AnyTrait
from ulid import ULID

from mlabs_ext import wire
from mlabs_ext.errors import NotFound, Unusable
from mlabs_ext.service import orm, shown
from mlabs_ext.service.fields import plain
from mlabs_ext.service.orm_shares import Share
from mlabs_ext.service.rules import Rules, access, find_lab, need_write, own_lab
from mlabs_ext.service.shares import Shares, good, named, of, shape, spread
from mlabs_ext.service.times import utc
from mlabs_ext.service.viewers import Viewer

BYTES = 24


class Opened(NamedTuple):
    """What a secret leads to: the link, and its lab's owner and name."""

    link: str
    owner: str
    name: str


class ShareLinks(Rules):
    """The rules about secret links."""

    shares: Shares = AnyTrait(help="Shares with people and groups.")

    def make(self, viewer: Viewer, owner: str, name: str, fields: wire.LinkCreate) -> wire.ShareLink:
        """A new link. Its secret is not kept: only now is it known."""
        secret, expires = secrets.token_urlsafe(BYTES), fields.expires and utc(fields.expires)
        if expires is not None and expires <= self.now():
            raise Unusable("A link cannot have expired when it is made.", "expires_invalid")
        label = plain(fields.name, "name").strip()
        with self.store.write() as session:
            lab = own_lab(session, viewer, owner, name)
            row = self.shares.new(session, lab, "link", str(ULID()))
            row.label, row.digest = label, digest(secret)
            row.access, row.expires = fields.access, expires
            spread(session, lab)
            url = f"{self.addresses.base}s/{secret}"
            known = shape(row)
        return wire.ShareLink(
            known.kind, known.name, known.access, known.created, known.id, expires, secret=secret, url=url
        )

    def revoke(self, viewer: Viewer, owner: str, name: str, link: str) -> None:
        """End a link, and the shares of those who came by it."""
        with self.store.write() as session:
            lab = own_lab(session, viewer, owner, name)
            row = session.scalar(named(lab, "link", link))
            if row is None:
                raise NotFound(f"{owner}/{name} has no such link.", "share_not_found")
            session.delete(row)
            spread(session, lab)

    def open(self, secret: str) -> Opened:
        """The link of a secret, and its lab."""
        with self.store.read() as session:
            row, lab = self._find(session, secret)
            return Opened(row.id, lab.owner, lab.name)

    def offered(self, viewer: Viewer, owner: str, name: str) -> wire.Access | None:
        """What a link that the viewer has opened would give them by name; None where that is nothing new."""
        with self.store.read() as session:
            lab = find_lab(session, viewer, owner, name)
            row = self._best(session, viewer, lab)
            return row and row.access

    def accept(self, viewer: Viewer, owner: str, name: str) -> wire.Lab:
        """Share the lab with the viewer by name, for as long as the link stands that they have opened."""
        user = need_write(viewer)
        with self.store.write() as session:
            lab = find_lab(session, viewer, owner, name, lock=True)
            link = self._best(session, viewer, lab)
            if link is not None:
                mine = named(lab, "user", user)
                row = session.scalar(mine) or self.shares.new(session, lab, "user", user)
                row.access, row.via, row.expires = link.access, link.id, link.expires
                spread(session, lab)
            return shown.lab(session, viewer, self.addresses, lab)

    def accept_secret(self, viewer: Viewer, fields: wire.LinkAccept) -> wire.Lab:
        """The same by a link's secret, for programs."""
        need_write(viewer)
        link, owner, name = self.open(fields.secret)
        holder = replace(viewer, links=(link,))
        return self.accept(holder, owner, name)

    def _find(self, session: Session, secret: str) -> tuple[Share, orm.Lab]:
        query = select(Share, orm.Lab).join(orm.Lab, orm.Lab.id == Share.lab_id)
        found = session.execute(query.where(Share.digest == digest(secret), good(self.now()))).first()
        if found is None or found[1].deleted is not None or not found[1].version:
            raise NotFound(
                "This link leads nowhere: it was revoked, has expired, or is not whole. Ask whoever gave it "
                "to you for a new one.",
                "link_not_found",
            )
        return found[0], found[1]

    def _best(self, session: Session, viewer: Viewer, lab: orm.Lab) -> Share | None:
        """The link that gives the viewer most, where they have less by name."""
        if viewer.name is None or viewer.acts_for(lab.owner) or not viewer.links:
            return None
        opened = Share.kind == "link", Share.name.in_(viewer.links), good(self.now())
        held = session.scalars(of(lab).where(*opened)).all()
        by_name = access(replace(viewer, links=()), lab)
        ranks = {None: 0, "view": 1, "edit": 2}
        better = [row for row in held if ranks[row.access] > ranks[by_name]]
        return max(better, key=lambda row: ranks[row.access], default=None)


def digest(secret: str) -> str:
    """What is kept of a secret; it is as long and as random as a key, so that a plain digest is enough."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
