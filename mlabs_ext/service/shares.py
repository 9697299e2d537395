"""Shares: a lab's owner lets people and groups see it, or edit it, and takes that back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session
from traitlets import Integer
from ulid import ULID

from mlabs_ext import wire
from mlabs_ext.errors import NotFound, TooMany, Unusable
from mlabs_ext.service import news, orm, shown
from mlabs_ext.service.cursors import Sort
from mlabs_ext.service.fields import plain
from mlabs_ext.service.orm_shares import Share
from mlabs_ext.service.orm_types import micros
from mlabs_ext.service.rules import Rules, find_lab, lab_absent, need_read, own_lab
from mlabs_ext.service.viewers import Viewer, share_key

NEWEST = Sort("shared", orm.Lab.updated, orm.Lab.id, datetime)
NAME = 255


class Shares(Rules):
    """The rules about shares with people and groups; links have a file of their own."""

    max_per_lab = Integer(
        100,
        help="""With how many people, groups and links a lab may be shared; more get a 429.

        A lab's row holds them all, so that who sees it is known without looking further. Default: 100.
        Example:

            c.Shares.max_per_lab = 300
        """,
    ).tag(config=True)

    def list(self, viewer: Viewer, owner: str, name: str) -> list[wire.Share]:
        """With whom a lab is shared, the oldest first; for who acts for its owner."""
        with self.store.read() as session:
            lab = find_lab(session, viewer, owner, name)
            if not viewer.acts_for(lab.owner):
                raise lab_absent(owner, name)
            return [shape(row) for row in session.scalars(of(lab).order_by(Share.id))]

    def get(self, viewer: Viewer, owner: str, name: str, kind: str, who: str) -> wire.Share:
        """What one person or group may do."""
        for share in self.list(viewer, owner, name):
            if (share.kind, share.name) == (kind, who):
                return share
        raise _absent(owner, name, kind, who)

    def set(self, viewer: Viewer, owner: str, name: str, who: str, fields: wire.ShareChange) -> wire.Share:
        """Let a person or a group see the lab, or edit it, in the place of what they might before."""
        with self.store.write() as session:
            lab = own_lab(session, viewer, owner, name)
            if fields.kind == "user" and who == lab.owner:
                raise Unusable(f"{owner}/{name} is {who}'s own.", "share_invalid")
            there = session.scalar(named(lab, fields.kind, who))
            row = there or self.new(session, lab, fields.kind, who)
            # The owner's own word outlives the link that somebody came by.
            row.access, row.via, row.expires = fields.access, None, None
            spread(session, lab)
            if there is None and fields.kind == "user":
                news.tell(session, who, news.SHARED, lab, row.created)
            return shape(row)

    def new(self, session: Session, lab: orm.Lab, kind: str, name: str) -> Share:
        """One more share of a lab that nobody else can change now."""
        if not 0 < len(plain(name, "name")) <= NAME:
            raise Unusable(f"The name of a {kind} has 1 to {NAME} characters.", "share_invalid")
        there = select(func.count()).select_from(Share).where(Share.lab_id == lab.id)
        if (session.scalar(there) or 0) >= self.max_per_lab:
            raise TooMany(
                f"A lab is shared with {self.max_per_lab} at most. Share it with a group, or end a share "
                "that is not needed any more.",
                "too_many_shares",
            )
        share = name if kind == "link" else str(ULID())
        row = Share(id=share, lab_id=lab.id, kind=kind, name=name, created=self.now())
        session.add(row)
        return row

    def remove(self, viewer: Viewer, owner: str, name: str, kind: str, who: str) -> None:
        """End the share with a person or a group."""
        with self.store.write() as session:
            lab = own_lab(session, viewer, owner, name)
            row = session.scalar(named(lab, kind, who))
            if row is None:
                raise _absent(owner, name, kind, who)
            session.delete(row)
            spread(session, lab)

    def with_me(
        self, viewer: Viewer, limit: int = 30, cursor: str | None = None
    ) -> tuple[list[wire.Lab], str | None]:
        """Labs of others that are shared with the viewer or a group of theirs, last changed first."""
        user = need_read(viewer)
        found = select(Share.lab_id).where(_held(viewer), good(self.now()))
        query = select(orm.Lab).where(
            orm.Lab.id.in_(found), orm.Lab.deleted.is_(None), orm.Lab.version > 0, orm.Lab.owner != user
        )
        with self.store.read() as session:
            rows, following = NEWEST.page(session, query, limit, cursor)
            return shown.labs(session, viewer, self.addresses, rows), following


def of(lab: orm.Lab) -> Select[tuple[Share]]:
    """The shares of a lab."""
    return select(Share).where(Share.lab_id == lab.id)


def good(now: datetime) -> ColumnElement[bool]:
    """That a share has not expired."""
    return or_(Share.expires.is_(None), Share.expires > now)


def named(lab: orm.Lab, kind: str, name: str) -> Select[tuple[Share]]:
    """The share with a person, a group, or by a link."""
    return of(lab).where(Share.kind == kind, Share.name == name.replace("\0", ""))


def spread(session: Session, lab: orm.Lab) -> None:
    """Write onto the lab's row what its shares come to: rules decide by the row alone.

    A link shows a lab and no more; to edit it takes a person's name.
    """
    session.flush()
    held = {}
    for row in session.scalars(of(lab)):
        may = "view" if row.kind == "link" else row.access
        held[share_key(row.kind, row.name)] = [may, row.expires and micros(row.expires)]
    lab.shared = held or None


def shape(row: Share) -> wire.Share:
    """A share as its owner sees it."""
    known = row.access, row.created
    if row.kind == "link":
        return wire.Share(row.kind, row.label or "", *known, id=row.id, expires=row.expires)
    return wire.Share(row.kind, row.name, *known, expires=row.expires, via=row.via)


def _held(viewer: Viewer) -> ColumnElement[bool]:
    """The shares with the viewer and with their groups."""
    mine = and_(Share.kind == "user", Share.name == viewer.name)
    return or_(mine, and_(Share.kind == "group", Share.name.in_(viewer.groups or ())))


def _absent(owner: str, name: str, kind: str, who: str) -> NotFound:
    return NotFound(f"{owner}/{name} is not shared with the {kind} {who!r:.100}.", "share_not_found")
