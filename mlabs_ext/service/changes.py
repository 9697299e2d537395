"""Notes which runs and labs a transaction changes: who watches them is woken once it is on disk."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event, inspect
from sqlalchemy.orm import Session

from mlabs_ext.service import orm

# What decides who sees a lab; its counts change with every run.
ACCESS = ("owner", "name", "visibility", "deleted", "version", "taken_down", "shared")


class Writing(Session):
    """A session that changes things."""


def note(session: Session, change: str) -> None:
    """Have a change told once it is on disk: `run:<id>` or `lab:<id>`.

    Needed only for what is changed past the session's objects, as by a DELETE statement.
    """
    session.info.setdefault("changes", set()).add(change)


def noted(session: Session) -> set[str]:
    """All changes of the transaction so far."""
    return session.info.get("changes", set())


@event.listens_for(Writing, "after_flush")
def _note_rows(session: Session, context: Any) -> None:
    for row in (*session.new, *session.dirty, *session.deleted):
        if isinstance(row, orm.Run):
            note(session, f"run:{row.id}")
        elif isinstance(row, orm.Lab) and _seen_differently(row):
            note(session, f"lab:{row.id}")


def _seen_differently(lab: orm.Lab) -> bool:
    attributes = inspect(lab).attrs
    return any(attributes[name].history.has_changes() for name in ACCESS)
