"""Notes what a transaction changes: once it is on disk, watchers are woken and kept answers forgotten."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event, inspect
from sqlalchemy.orm import ORMExecuteState, Session

from mlabs_ext.service import orm

# What decides who sees a lab; its counts change with every run.
ACCESS = ("owner", "name", "visibility", "deleted", "version", "taken_down", "shared")
# Tables of which nothing is in answers that are kept, see `answers.py`; one that is not named here counts.
UNSEEN = frozenset(
    (
        *("act", "answered", "asset", "channels", "collection", "collection_item", "delivery", "event"),
        *("dataset_file", "dataset_share", "dataset_version", "upload"),
        *("pool_count", "pool_data", "pool_job", "pool_lease", "pool_search", "pool_use", "pool_worker"),
        *("garbage", "hub_part", "lab_tag", "lab_text", "model_due", "model_file", "model_share"),
        *("model_version", "notification", "package_list", "person"),
        *("report", "run_metric", "schedule", "server", "share", "star"),
    )
)
ANY_PAGE = "pages"


class Writing(Session):
    """A session that changes things."""


def note(session: Session, change: str) -> None:
    """Have a change told once it is on disk: `run:<id>`, `lab:<id>` where other people see the lab now,
    `page:<lab id>` where pages say something else of it, `pages` where that may be any lab.

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
        if isinstance(row, orm.Lab) and _seen_differently(row):
            note(session, f"lab:{row.id}")
        elif row.__tablename__ not in UNSEEN:
            lab = row.id if isinstance(row, orm.Lab) else getattr(row, "lab_id", None)
            note(session, f"page:{lab}" if lab else ANY_PAGE)


@event.listens_for(Writing, "do_orm_execute")
def _note_statement(state: ORMExecuteState) -> None:
    """A statement that passes by the session's objects does not say which labs it concerns."""
    writes = state.is_insert or state.is_update or state.is_delete
    # What writes has a table, which the type of all statements does not say.
    if writes and state.statement.table.name not in UNSEEN:  # type: ignore[attr-defined]
        note(state.session, ANY_PAGE)


def _seen_differently(lab: orm.Lab) -> bool:
    attributes = inspect(lab).attrs
    return any(attributes[name].history.has_changes() for name in ACCESS)
