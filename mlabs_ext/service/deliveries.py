"""The outbox: what is to be sent now, each by one process, tried again for about an hour, then given up."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.orm import Session
from traitlets import Float, List

from mlabs_ext import wire
from mlabs_ext.service import endings, orm, shown
from mlabs_ext.service.orm_notifications import Channels, Delivery, Notification
from mlabs_ext.service.rules import Rules

# Longer than any delivery takes: whoever claimed it and has said nothing by then has died.
LEASE = timedelta(minutes=5)
LOOKED_AT = 200
# Of one person at a time, so that nobody's slow server keeps others waiting.
EACH = 2
MAX_ERROR = 500
CUT_SHORT = "The service was stopped each time that it was sent."


class Parcel(NamedTuple):
    """Something to send, and all that it is made of; `tries` counts this one."""

    id: str
    user: str
    channel: str
    kind: str
    tries: int
    email: str | None
    confirmed: bool
    webhook: str | None
    secret: str | None
    run: wire.Run | None
    text: str


class Deliveries(Rules):
    """The rules about the outbox."""

    pauses = List(
        Float(),
        [30.0, 120.0, 300.0, 900.0, 2400.0],
        help="""Seconds before each new try of a delivery that failed; after the last one it is given up.

        Default: 30, 120, 300, 900, 2400: six tries in about an hour. Example:

            c.Deliveries.pauses = [60, 600, 3600, 6 * 3600]
        """,
    ).tag(config=True)

    interval = Float(
        2.0,
        help="""Seconds between two looks at the outbox.

        Default: 2. Example:

            c.Deliveries.interval = 10
        """,
    ).tag(config=True)

    def claim(self, room: int) -> list[Parcel]:
        """Take what is due, at most `room`: nobody else gets it before its lease is over."""
        now = self.now()
        due = select(Delivery).where(Delivery.ended.is_(None), Delivery.due <= now)
        with self.store.read() as session:
            if room < 1 or session.scalar(due.limit(1)) is None:
                return []
        with self.store.write() as session:
            query = due.order_by(Delivery.due).limit(LOOKED_AT).with_for_update(skip_locked=True)
            taken: dict[str, list[Delivery]] = {}
            for row in session.scalars(query):
                if row.tries > len(self.pauses):
                    row.ended, row.error = now, row.error or CUT_SHORT
                    continue
                mine = taken.setdefault(row.user, [])
                if len(mine) < EACH and sum(map(len, taken.values())) < room:
                    mine.append(row)
            return [self._take(session, row, now) for rows in taken.values() for row in rows]

    def claim_one(self, delivery: str) -> Parcel | None:
        """Take this one, if nobody has."""
        now = self.now()
        mine = Delivery.id == delivery, Delivery.ended.is_(None), Delivery.due <= now
        with self.store.write() as session:
            row = session.scalar(select(Delivery).where(*mine).with_for_update(skip_locked=True))
            return row and self._take(session, row, now)

    def _take(self, session: Session, row: Delivery, now: datetime) -> Parcel:
        row.due, row.tries = now + LEASE, row.tries + 1
        channels = session.get(Channels, row.user)
        found = session.execute(_run_of(row)).first() if row.notification_id else None
        return Parcel(
            id=row.id,
            user=row.user,
            channel=row.channel,
            kind=row.kind,
            tries=row.tries,
            email=channels and channels.email,
            confirmed=bool(channels and channels.confirmed),
            webhook=channels and channels.webhook,
            secret=channels and channels.webhook_secret,
            run=shown.run(self.addresses, found.Lab, found.Run) if found else None,
            text=endings.told(found.Run, found.Lab.title) if found else "",
        )

    def sent(self, parcel: Parcel) -> None:
        """It has arrived, or nobody wants it any more."""
        with self.store.write() as session:
            if row := self._claimed(session, parcel):
                row.ended, row.error = self.now(), None

    def failed(self, parcel: Parcel, words: str, final: bool = False) -> None:
        """It has not arrived: it is tried again later, unless that is of no use or was done often enough."""
        now = self.now()
        with self.store.write() as session:
            if row := self._claimed(session, parcel):
                row.error = endings.line(words)[:MAX_ERROR]
                if final or row.tries > len(self.pauses):
                    row.ended = now
                else:
                    row.due = now + timedelta(seconds=self.pauses[row.tries - 1])

    def _claimed(self, session: Session, parcel: Parcel) -> Delivery | None:
        """Its row, unless its lease was over and somebody else has it."""
        mine = Delivery.id == parcel.id, Delivery.tries == parcel.tries, Delivery.ended.is_(None)
        return session.scalar(select(Delivery).where(*mine).with_for_update())


def _run_of(row: Delivery) -> Select[*tuple[Any, ...]]:
    query = select(orm.Run, orm.Lab).join(Notification, Notification.run_key == orm.Run.key)
    return query.join(orm.Run.lab).where(Notification.id == row.notification_id)
