"""Rows in every table of a database, of whichever version it is: what tables there are, it says itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Connection,
    Date,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    Numeric,
    Table,
    bindparam,
    insert,
    update,
)

from mlabs_ext.backups.rows import tables
from mlabs_ext.notebook import sha256

NOW = datetime(2026, 11, 1, 12, 30, 0, 123456)
# Digests have this length, and their blobs are these.
DIGEST = 71
# JSON that is a list.
LISTS = {"tags", "groups", "points", "inputs", "outputs", "layers", "notes", "needs", "strikes", "rungs"}


def blob(number: int) -> bytes:
    """What the digests of the rows of this number are of."""
    return str(number).encode()


def seed(connection: Connection, count: int = 3, start: int = 0) -> dict[str, list[dict[str, Any]]]:
    """Put rows into every table; what was put. The first of a table refers to its second, and so on.

    Rows of another `start` can be added to those that are there.
    """
    made: dict[str, list[dict[str, Any]]] = {}
    for table in tables(connection):
        rows = [row(table, start + number, made, start) for number in range(count)]
        own = [key.parent.name for key in table.foreign_keys if key.column.table is table]
        connection.execute(insert(table), [one | dict.fromkeys(own) for one in rows])
        for name in own:
            (key,) = table.primary_key.columns
            linked = [
                {"this": rows[number][key.name], "other": rows[(number + 1) % count][key.name]}
                for number in range(count)
            ]
            statement = update(table).where(key == bindparam("this")).values({name: bindparam("other")})
            connection.execute(statement, linked)
            for one, link in zip(rows, linked, strict=True):
                one[name] = link["other"]
        made[table.name] = rows
    return made


def row(table: Table, number: int, made: dict[str, list[dict[str, Any]]], start: int) -> dict[str, Any]:
    """The row of this number."""
    given = {
        key.parent.name: made[key.column.table.name][number - start][key.column.name]
        for key in table.foreign_keys
        if key.column.table is not table
    }
    return {column.name: given.get(column.name, value(table, column, number)) for column in table.columns}


def value(table: Table, column: Any, number: int) -> Any:
    """A value that is different in each row; each third has nothing where that may be."""
    kind, single = column.type, len(table.primary_key.columns) == 1
    if column.nullable and (number % 3 == 2 or isinstance(kind, LargeBinary)) and not column.foreign_keys:
        return None
    if isinstance(kind, Boolean):
        return number % 2 == 1
    if column.name in ("size", "version", "number"):
        # As long as the blobs, and versions without gaps.
        return 1
    if isinstance(kind, Integer):
        return number + (10 if column.primary_key and single else 1)
    if isinstance(kind, Float | Numeric):
        return number + 0.25
    if isinstance(kind, DateTime | Date):
        return NOW.replace(second=number)
    if isinstance(kind, LargeBinary):
        return b"[]" if column.name in LISTS else b"{}"
    length = kind.length or 60
    if length == DIGEST:
        return sha256(blob(number))
    # With what is more than one byte, and more than two.
    return f"{number}é漢{column.name}"[:length] if length > 5 else f"{number}"
