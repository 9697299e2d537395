"""With whom labs, datasets and models are shared: one set of rules, which is told the tables of its noun."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from mlabs_ext import wire
from mlabs_ext.errors import NotFound, TooMany, Unusable
from mlabs_ext.service.fields import plain
from mlabs_ext.service.orm_shares import Shared
from mlabs_ext.service.orm_types import micros
from mlabs_ext.service.rules import Rules
from mlabs_ext.service.viewers import Viewer, share_key

NAME = 255


class Sharing(Rules):
    """The rules about shares with people and groups. `table` are a noun's shares, `key` is the name of their
    column for the id of what is shared, and `what` a word for that.
    """

    what: ClassVar[str]
    table: ClassVar[type[Shared]]
    key: ClassVar[str]

    @property
    def column(self) -> Any:
        """The column with the id of what is shared."""
        return getattr(self.table, self.key)

    @property
    def most(self) -> int:
        """With how many one thing is shared: its row holds them all."""
        return 100

    def find(self, session: Session, viewer: Viewer, owner: str, name: str, lock: bool = False) -> Any:
        """The row that is shared, as far as the viewer may see it."""
        raise NotImplementedError

    def own(self, session: Session, viewer: Viewer, owner: str, name: str) -> Any:
        """The row, locked for a change by its owner or an administrator."""
        raise NotImplementedError

    def absent(self, owner: str, name: str) -> NotFound:
        """What is said to those who may not know of it."""
        raise NotImplementedError

    def added(self, session: Session, row: Any, share: Shared) -> None:
        """Tell of a share with a person that is new."""

    def list(self, viewer: Viewer, owner: str, name: str) -> list[wire.Share]:
        """With whom it is shared, the oldest first; for who acts for its owner."""
        with self.store.read() as session:
            row = self.find(session, viewer, owner, name)
            if not viewer.acts_for(row.owner):
                raise self.absent(owner, name)
            query = self.of(row).order_by(self.table.created, self.table.kind, self.table.name)
            return [shape(share) for share in session.scalars(query)]

    def get(self, viewer: Viewer, owner: str, name: str, kind: str, who: str) -> wire.Share:
        """What one person or group may do."""
        for share in self.list(viewer, owner, name):
            if (share.kind, share.name) == (kind, who):
                return share
        raise _unshared(owner, name, kind, who)

    def set(self, viewer: Viewer, owner: str, name: str, who: str, fields: wire.ShareChange) -> wire.Share:
        """Let a person or a group see it, or edit it, in the place of what they might before."""
        with self.store.write() as session:
            row = self.own(session, viewer, owner, name)
            if fields.kind == "user" and who == row.owner:
                raise Unusable(f"{owner}/{name} is {who}'s own.", "share_invalid")
            there = session.scalar(self.named(row, fields.kind, who))
            share = there or self.new(session, row, fields.kind, who)
            # The owner's own word outlives the link that somebody came by.
            share.access, share.via, share.expires = fields.access, None, None
            self.spread(session, row)
            if there is None and fields.kind == "user":
                self.added(session, row, share)
            return shape(share)

    def new(self, session: Session, row: Any, kind: str, who: str) -> Shared:
        """One more share of what nobody else can change now."""
        if not 0 < len(plain(who, "name")) <= NAME:
            raise Unusable(f"The name of a {kind} has 1 to {NAME} characters.", "share_invalid")
        there = select(func.count()).select_from(self.table).where(self.column == row.id)
        if (session.scalar(there) or 0) >= self.most:
            raise TooMany(
                f"A {self.what} is shared with {self.most} at most. Share it with a group, or end a share "
                "that is not needed any more.",
                "too_many_shares",
            )
        share = self.table(kind=kind, name=who, access="view", created=self.now())
        setattr(share, self.key, row.id)
        session.add(share)
        return share

    def remove(self, viewer: Viewer, owner: str, name: str, kind: str, who: str) -> None:
        """End the share with a person or a group."""
        with self.store.write() as session:
            row = self.own(session, viewer, owner, name)
            share = session.scalar(self.named(row, kind, who))
            if share is None:
                raise _unshared(owner, name, kind, who)
            session.delete(share)
            self.spread(session, row)

    def held(self, viewer: Viewer) -> Select[str]:
        """The ids of what is shared with the viewer, or with a group of theirs."""
        table = self.table
        mine = and_(table.kind == "user", table.name == viewer.name)
        groups = and_(table.kind == "group", table.name.in_(viewer.groups or ()))
        return select(self.column).where(or_(mine, groups), self.good())

    def of(self, row: Any) -> Select[Shared]:
        """The shares of one thing."""
        return select(self.table).where(self.column == row.id)

    def named(self, row: Any, kind: str, who: str) -> Select[Shared]:
        """The share with a person, a group, or by a link."""
        return self.of(row).where(self.table.kind == kind, self.table.name == who.replace("\0", ""))

    def good(self) -> ColumnElement[bool]:
        """That a share has not expired."""
        return or_(self.table.expires.is_(None), self.table.expires > self.now())

    def spread(self, session: Session, row: Any) -> None:
        """Write onto the row what its shares come to: rules decide by the row alone.

        A link shows it and no more; to edit it takes a person's name.
        """
        session.flush()
        held = {}
        for share in session.scalars(self.of(row)):
            may = "view" if share.kind == "link" else share.access
            held[share_key(share.kind, share.name)] = [may, share.expires and micros(share.expires)]
        row.shared = held or None


def shape(share: Shared) -> wire.Share:
    """A share as its owner sees it."""
    known = share.access, share.created
    if share.kind == "link":
        return wire.Share(share.kind, share.label or "", *known, id=share.name, expires=share.expires)
    return wire.Share(share.kind, share.name, *known, expires=share.expires, via=share.via)


def _unshared(owner: str, name: str, kind: str, who: str) -> NotFound:
    return NotFound(f"{owner}/{name} is not shared with the {kind} {who!r:.100}.", "share_not_found")
