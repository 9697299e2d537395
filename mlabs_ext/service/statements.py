"""Statements whose types SQLAlchemy leaves open: inserts that may meet a row, and how many rows changed."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import CursorResult, Delete, Update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def insert(session: Session, table: Any) -> sqlite.Insert:
    """An insert with `on_conflict_do_nothing` and `…_update`, which both databases have alike."""
    return cast(sqlite.Insert, INSERT[session.get_bind().dialect.name](table))


def changed(session: Session, statement: Delete | Update) -> int:
    """Execute it; how many rows it changed."""
    return cast(CursorResult[Any], session.execute(statement)).rowcount
