"""Notifications: what a person is told of, what of it they have read, and how long it is kept."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Select, String, bindparam, case, delete, func, select, update
from sqlalchemy.orm import Session, joinedload
from traitlets import Integer

from mlabs_ext import wire
from mlabs_ext.service import endings, news, orm
from mlabs_ext.service.cursors import Sort
from mlabs_ext.service.orm_notifications import Delivery, Notification
from mlabs_ext.service.rules import Rules, need_read, need_write, sees
from mlabs_ext.service.viewers import Viewer

NEWEST = Sort("notifications", Notification.time, Notification.id, datetime)
# Counting everybody's takes longer than a round of housekeeping should.
FORGET = timedelta(hours=1)
KEEP_SENT = timedelta(days=30)
# Unread ones about labs of others that are counted: whether they may still be seen is asked of each.
COUNTED = 100
UNREAD = Notification.user == bindparam("user", type_=String), Notification.read.is_(None)


class Notifications(Rules):
    """The rules about notifications."""

    keep_days = Integer(
        90,
        help="""Days after which a notification is removed.

        Default: 90. Example:

            c.Notifications.keep_days = 30
        """,
    ).tag(config=True)

    keep = Integer(
        200,
        help="""How many notifications are kept for a person; the oldest of more are removed.

        Default: 200. Example:

            c.Notifications.keep = 1000
        """,
    ).tag(config=True)

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self._swept: datetime | None = None

    def unread(self, viewer: Viewer) -> int:
        """How many the viewer has not read; none where they are not theirs to see."""
        if viewer.name is None or not viewer.can_read:
            return 0
        with self.store.read() as session:
            return _unread(session, viewer)

    def unread_of(self, viewer: Viewer, run_id: str) -> str | None:
        """The viewer's unread notification of a run."""
        with self.store.read() as session:
            mine = Notification.user == viewer.name, Notification.read.is_(None)
            query = select(Notification.id).join(Notification.run).where(*mine, orm.Run.id == run_id)
            return session.scalar(query.limit(1))

    def unread_about(self, viewer: Viewer, comment_id: str) -> str | None:
        """The viewer's unread notification of a comment."""
        mine = Notification.user == viewer.name, Notification.read.is_(None)
        with self.store.read() as session:
            query = select(Notification.id).where(*mine, Notification.comment_id == comment_id)
            return session.scalar(query.limit(1))

    def unread_proposal(self, viewer: Viewer, proposal_id: str) -> str | None:
        """The viewer's unread notification of a proposal."""
        mine = Notification.user == viewer.name, Notification.read.is_(None)
        with self.store.read() as session:
            query = select(Notification.id).where(*mine, Notification.proposal_id == proposal_id)
            return session.scalar(query.order_by(Notification.time.desc()).limit(1))

    def read(self, viewer: Viewer, ids: list[str] | None = None) -> wire.Unread:
        """Mark some of the viewer's own as read, or all; what is not theirs stays as it is."""
        user = need_write(viewer)
        change = update(Notification).where(Notification.user == user, Notification.read.is_(None))
        if ids is not None:
            change = change.where(Notification.id.in_([each for each in ids if "\0" not in each]))
        with self.store.write() as session:
            session.execute(change.values(read=self.now()))
            return wire.Unread(_unread(session, viewer))

    def forget(self, now: datetime) -> None:
        """Remove what is old or too much, once an hour."""
        if self._swept is not None and now - self._swept < FORGET:
            return
        with self.store.read() as session:
            per_person = select(Notification.user).group_by(Notification.user)
            too_many = session.scalars(per_person.having(func.count() > self.keep)).all()
        with self.store.write() as session:
            old = now - timedelta(days=self.keep_days)
            session.execute(delete(Notification).where(Notification.time < old))
            session.execute(delete(Delivery).where(Delivery.ended < now - KEEP_SENT))
            for user in too_many:
                self._shorten(session, user)
        self._swept = now

    def _shorten(self, session: Session, user: str) -> None:
        mine = select(Notification.id).where(Notification.user == user)
        kept = mine.order_by(Notification.time.desc(), Notification.id.desc()).limit(self.keep)
        more = Notification.user == user, Notification.id.not_in(kept)
        session.execute(delete(Notification).where(*more))

    def _shown(self, row: Notification) -> wire.Notification:
        if row.run is not None:
            return self._of_run(row, row.run)
        # What is not of a run is of a lab.
        assert row.lab is not None
        return self._of_lab(row, row.lab)

    def _of_lab(self, row: Notification, lab: orm.Lab) -> wire.Notification:
        at = lab.owner, lab.name
        return wire.Notification(
            id=row.id,
            kind=row.kind,
            run=None,
            lab="/".join(at),
            title=lab.title,
            status=None,
            reason=None,
            duration=None,
            text=news.told(row, lab),
            time=row.time,
            read=row.read,
            url=self._about(row, at),
            comment=row.comment_id,
            proposal=row.proposal.number if row.proposal else None,
        )

    def _about(self, row: Notification, at: tuple[str, str]) -> str:
        if row.proposal:
            return self.addresses.proposal(*at, row.proposal.number)
        return self.addresses.comment(*at, row.comment_id) if row.comment_id else self.addresses.lab(*at)

    def _of_run(self, row: Notification, run: orm.Run) -> wire.Notification:
        lab = run.lab
        return wire.Notification(
            id=row.id,
            kind=row.kind,
            run=run.id,
            lab=f"{lab.owner}/{lab.name}",
            title=lab.title,
            status=run.status,
            reason=run.reason,
            duration=run.duration,
            text=endings.told(run, lab.title),
            time=row.time,
            read=row.read,
            url=self.addresses.run(lab.owner, lab.name, run.id),
        )

    def list(
        self, viewer: Viewer, limit: int = 30, cursor: str | None = None
    ) -> tuple[list[wire.Notification], str | None]:
        """The viewer's own, newest first."""
        user = need_read(viewer)
        about = joinedload(Notification.run).joinedload(orm.Run.lab), joinedload(Notification.comment)
        query = select(Notification).options(
            *about, joinedload(Notification.lab), joinedload(Notification.proposal)
        )
        query = query.where(Notification.user == user)
        with self.store.read() as session:
            rows, following = NEWEST.page(session, query, limit, cursor)
            return [self._shown(row) for row in rows if _may_read(viewer, row)], following


def _may_read(viewer: Viewer, row: Notification) -> bool:
    return row.kind not in news.OTHERS or (row.lab is not None and sees(viewer, row.lab))


def _unread(session: Session, viewer: Viewer) -> int:
    user = {"user": viewer.name}
    own, others = session.execute(_unread_counts(), user).one()
    labs = session.scalars(_labs_of_others(), user) if others else ()
    return int(own or 0) + sum(sees(viewer, lab) for lab in labs)


@cache
def _unread_counts() -> Select[*tuple[Any, ...]]:
    """How many of `user` are about what is their own, and how many are about labs of others."""
    of_others = Notification.kind.in_(news.OTHERS)
    counts = (func.sum(case((about, 1), else_=0)) for about in (~of_others, of_others))
    return select(*counts).where(*UNREAD)


@cache
def _labs_of_others() -> Select[orm.Lab]:
    labs = select(orm.Lab).join(Notification, Notification.lab_id == orm.Lab.id)
    return labs.where(*UNREAD, Notification.kind.in_(news.OTHERS)).limit(COUNTED)
