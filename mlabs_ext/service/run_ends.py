"""Writes a notification in the transaction in which a batch run ends, whichever rule ends it.

It listens to what is written rather than being called, so that no way for a run to end can forget it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, event, insert, inspect, select
from sqlalchemy.orm import Session
from ulid import ULID

from mlabs_ext.service import orm
from mlabs_ext.service.changes import Writing
from mlabs_ext.service.orm_notifications import Channels, Delivery, Notification

RUN_ENDED = "run.ended"
# What each choice of a person's asks to be told of.
ENDS = {"all": {"succeeded", "failed", "stopped", "lost"}, "failures": {"failed", "lost"}, "none": set()}


@event.listens_for(Writing, "after_flush")
def _note_ends(session: Session, context: Any) -> None:
    for row in (*session.new, *session.dirty):
        if isinstance(row, orm.Run) and row.kind == "batch":
            _follow(session, row)


def _follow(session: Session, run: orm.Run) -> None:
    """What was said of a run's end is no longer true once it goes on or ends otherwise."""
    history = inspect(run).attrs.status.history
    if not history.has_changes():
        return
    if run.ended is not None or "lost" in (history.deleted or ()):
        session.execute(delete(Notification).where(Notification.run_key == run.key))
    if run.ended is not None:
        _write(session, run)


def _write(session: Session, run: orm.Run) -> None:
    now, notification = datetime.now(UTC), str(ULID())
    row = {"id": notification, "user": run.user, "kind": RUN_ENDED, "run_key": run.key, "time": now}
    session.execute(insert(Notification).values(**row))
    for channel in _wanted(session, run):
        put(session, run.user, channel, RUN_ENDED, now, notification)


def _wanted(session: Session, run: orm.Run) -> list[str]:
    """By which channels the run's owner wants to hear of it."""
    columns = Channels.confirmed, Channels.email_ends, Channels.webhook, Channels.webhook_ends
    row = session.execute(select(*columns).where(Channels.user == run.user)).first()
    if row is None:
        return []
    email = row.confirmed is not None and run.status in ENDS[row.email_ends]
    webhook = row.webhook is not None and run.status in ENDS[row.webhook_ends]
    return ["email"] * email + ["webhook"] * webhook


def put(
    session: Session, user: str, channel: str, kind: str, now: datetime, notification: str | None = None
) -> str:
    """Put something into the outbox; its id."""
    delivery = str(ULID())
    row = {"id": delivery, "user": user, "channel": channel, "kind": kind, "created": now, "due": now}
    session.execute(insert(Delivery).values(**row, notification_id=notification))
    return delivery
