"""Runs and their steps as they are stored: whatever looks one up by its id, whoever asks, does it here."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Select, String, bindparam, select
from sqlalchemy.orm import Session

from mlabs_ext import wire
from mlabs_ext.errors import NotFound
from mlabs_ext.service import orm
from mlabs_ext.service.rules import sees
from mlabs_ext.service.run_lists import with_labs
from mlabs_ext.service.viewers import Viewer


def find_run(session: Session, viewer: Viewer, run_id: str, lock: bool = False) -> orm.Run:
    """The run with its lab, if the viewer may see it; NotFound `run_not_found`."""
    run = run_row(session, run_id, lock)
    if run is None or not sees_run(viewer, run):
        raise run_absent(run_id)
    return run


def run_row(session: Session, run_id: str, lock: bool = False) -> orm.Run | None:
    """The run with its lab, whoever asks; with `lock` nobody else changes it meanwhile."""
    if "\0" in run_id:
        # PostgreSQL refuses it; no run has it in its id.
        return None
    return session.scalar(_of_id(lock), {"id": run_id})


@cache
def _of_id(lock: bool) -> Select[*tuple[Any, ...]]:
    query = with_labs(select(orm.Run)).where(orm.Run.id == bindparam("id", type_=String))
    return query.with_for_update(of=orm.Run) if lock else query


def sees_run(viewer: Viewer, run: orm.Run) -> bool:
    """Runs are seen with their lab once they belong to a version; before that by who made them."""
    return viewer.acts_for(run.user) or (sees(viewer, run.lab) and run.version is not None)


def run_absent(run_id: str) -> NotFound:
    """The one answer for runs that do not exist and runs that the asker may not know of."""
    return NotFound(f"There is no run {run_id!r:.60}.", "run_not_found")


def stored_events(
    session: Session,
    run: orm.Run,
    after: int = 0,
    limit: int | None = None,
    only: str | None = None,
    upto: int | None = None,
) -> Iterator[wire.RunEvent]:
    """The run's events in order from the database, a few at a time."""
    columns = orm.Event.seq, orm.Event.type, orm.Event.time, orm.Event.cell, orm.Event.data
    query = select(*columns).where(orm.Event.run_key == run.key, orm.Event.seq > after)
    if only is not None:
        query = query.where(orm.Event.type == only)
    if upto is not None:
        query = query.where(orm.Event.seq <= upto)
    for row in session.execute(query.order_by(orm.Event.seq).limit(limit).execution_options(yield_per=500)):
        yield wire.RunEvent(row.seq, row.type, row.time, row.cell, msgspec.json.decode(row.data))
