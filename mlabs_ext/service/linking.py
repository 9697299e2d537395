"""Secret links: made, told once, opened by whoever has them, accepted, and revoked."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import replace
from typing import Any, ClassVar, NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from ulid import ULID

from mlabs_ext import wire
from mlabs_ext.errors import NotFound, Unusable
from mlabs_ext.service.fields import plain
from mlabs_ext.service.orm_shares import Shared
from mlabs_ext.service.rules import access, need_write
from mlabs_ext.service.sharing import Sharing, shape
from mlabs_ext.service.times import utc
from mlabs_ext.service.viewers import Viewer

BYTES = 24
RANKS = {None: 0, "view": 1, "edit": 2}


class Opened(NamedTuple):
    """What a secret leads to: the link, and owner and name of what it is of."""

    link: str
    owner: str
    name: str


class Linking(Sharing):
    """The rules about them; `rows` is the table of what is shared. Whoever opens a link sees it; where
    `edits_by_link` is true, who accepts one by name may be let edit it.
    """

    rows: ClassVar[Any]
    edits_by_link = False

    def shown(self, session: Session, viewer: Viewer, row: Any) -> Any:
        """What is shared, as the viewer is told of it."""
        raise NotImplementedError

    def make(self, viewer: Viewer, owner: str, name: str, fields: wire.LinkCreate) -> wire.ShareLink:
        """A new link. Its secret is not kept: only now is it known."""
        secret, expires = secrets.token_urlsafe(BYTES), fields.expires and utc(fields.expires)
        if expires is not None and expires <= self.now():
            raise Unusable("A link cannot have expired when it is made.", "expires_invalid")
        if fields.access != "view" and not self.edits_by_link:
            reason = f"Nobody changes a {self.what} by a link: share it by name for that."
            raise Unusable(reason, "share_invalid")
        label = plain(fields.name, "name").strip()
        with self.store.write() as session:
            row = self.own(session, viewer, owner, name)
            link = self.new(session, row, "link", str(ULID()))
            link.label, link.digest = label, digest(secret)
            link.access, link.expires = fields.access, expires
            self.spread(session, row)
            known, url = shape(link), f"{self.addresses.base}s/{secret}"
        return wire.ShareLink(
            known.kind, known.name, known.access, known.created, known.id, expires, secret=secret, url=url
        )

    def revoke(self, viewer: Viewer, owner: str, name: str, link: str) -> None:
        """End a link, and the shares of those who came by it."""
        with self.store.write() as session:
            row = self.own(session, viewer, owner, name)
            found = session.scalar(self.named(row, "link", link))
            if found is None:
                raise NotFound(f"{owner}/{name} has no such link.", "share_not_found")
            session.execute(delete(self.table).where(self.column == row.id, self.table.via == found.name))
            session.delete(found)
            self.spread(session, row)

    def open(self, secret: str) -> Opened | None:
        """The link of a secret, and what it is of; None where it is no such link, or one that has ended."""
        of = self.rows
        query = select(self.table.name, of.owner, of.name).join(of, of.id == self.column)
        query = query.where(self.table.digest == digest(secret), self.good())
        with self.store.read() as session:
            found = session.execute(query.where(of.deleted.is_(None), of.version > 0)).first()
            return Opened(*found) if found else None

    def offered(self, viewer: Viewer, owner: str, name: str) -> wire.Access | None:
        """What a link that the viewer has opened would give them by name; None where that is nothing new."""
        if viewer.name is None or not viewer.links:
            return None
        with self.store.read() as session:
            link = self._best(session, viewer, self.find(session, viewer, owner, name))
            return link and link.access

    def accept(self, viewer: Viewer, owner: str, name: str) -> Any:
        """Share it with the viewer by name, for as long as the link stands that they have opened.

        Their servers and programs, which open no links, have it from then on.
        """
        user = need_write(viewer)
        with self.store.write() as session:
            row = self.find(session, viewer, owner, name, lock=True)
            link = self._best(session, viewer, row)
            if link is not None:
                mine = session.scalar(self.named(row, "user", user)) or self.new(session, row, "user", user)
                mine.access, mine.via, mine.expires = link.access, link.name, link.expires
                self.spread(session, row)
            return self.shown(session, viewer, row)

    def accept_secret(self, viewer: Viewer, fields: wire.LinkAccept) -> Any:
        """The same by a link's secret, for programs."""
        need_write(viewer)
        found = self.open(fields.secret)
        if found is None:
            raise dead_end()
        return self.accept(replace(viewer, links=(found.link,)), found.owner, found.name)

    def _best(self, session: Session, viewer: Viewer, row: Any) -> Shared | None:
        """The link that gives the viewer most, and for longest, where they have less by name."""
        if viewer.name is None or viewer.acts_for(row.owner) or not viewer.links:
            return None
        table, by_name = self.table, access(replace(viewer, links=()), row)
        opened = self.of(row).where(table.kind == "link", table.name.in_(viewer.links), self.good())
        better = [link for link in session.scalars(opened) if RANKS[link.access] > RANKS[by_name]]
        return max(better, key=_worth, default=None)


def _worth(link: Shared) -> tuple[Any, ...]:
    return RANKS[link.access], link.expires is None, link.expires


def dead_end() -> NotFound:
    """The one answer to secrets that were revoked, have expired, or never were."""
    return NotFound(
        "This link leads nowhere: it was revoked, has expired, or is not whole. Ask whoever gave it to you "
        "for a new one.",
        "link_not_found",
    )


def digest(secret: str) -> str:
    """What is kept of a secret; it is as long and as random as a key, so that a plain digest is enough."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
