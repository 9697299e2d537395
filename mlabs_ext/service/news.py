"""Tells owners of what happens at their labs, in the transaction in which it does."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from ulid import ULID

from mlabs_ext.service import orm
from mlabs_ext.service.endings import line
from mlabs_ext.service.orm_notifications import Notification

COMMENT, TAKEN_DOWN, RESTORED = "comment.new", "lab.taken_down", "lab.restored"


def tell(
    session: Session, user: str, kind: str, lab: orm.Lab, now: datetime, comment_id: str | None = None
) -> None:
    """Tell a person once more, or for the first time since they read the last of this kind and lab.

    So many comments at once are one notification: nobody can push others out of a person's list.
    """
    mine = Notification.user == user, Notification.read.is_(None)
    same = select(Notification).where(*mine, Notification.kind == kind, Notification.lab_id == lab.id)
    row = session.scalar(same.limit(1).with_for_update())
    if row is None:
        row = Notification(id=str(ULID()), user=user, kind=kind, lab_id=lab.id)
        session.add(row)
    row.time, row.comment_id = now, comment_id


def take_back(session: Session, comment_id: str) -> None:
    """What was told of a comment is no longer so."""
    session.execute(delete(Notification).where(Notification.comment_id == comment_id))


def told(row: Notification) -> str:
    """A notification that is not of a run, in one sentence."""
    title = line(row.lab.title)
    if row.kind == TAKEN_DOWN:
        return f"“{title}” was taken down by an administrator. Its page says why."
    if row.kind == RESTORED:
        return f"“{title}” is shown again: an administrator restored it."
    comment = row.comment
    if comment is None:
        return f"“{title}” has a new comment."
    return f"{comment.user} commented on “{title}”: {line(comment.text)}"
