"""Statements whose types SQLAlchemy leaves open: inserts that may meet a row, and how many rows changed."""

from __future__ import annotations

from typing import Any, TypeVar, cast

from sqlalchemy import CursorResult, Delete, Update, inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

T = TypeVar("T")
INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def insert(session: Session, table: Any) -> sqlite.Insert:
    """An insert with `on_conflict_do_nothing` and `…_update`, which both databases have alike."""
    return cast(sqlite.Insert, INSERT[session.get_bind().dialect.name](table))


def kept(session: Session, table: type[T], **values: Any) -> T:
    """The row of this key, locked; where there was none it is made of the values, once by all who need it."""
    session.execute(insert(session, table).values(**values).on_conflict_do_nothing())
    mapper = inspect(table)
    key = tuple(values[mapper.get_property_by_column(column).key] for column in mapper.primary_key)
    return session.get_one(table, key, with_for_update=True, populate_existing=True)


def changed(session: Session, statement: Delete | Update) -> int:
    """Execute it; how many rows it changed."""
    return cast(CursorResult[Any], session.execute(statement)).rowcount
