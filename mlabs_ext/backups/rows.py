"""The rows of one database into another of whichever kind, proved to be the same by their digests.

Read and written is what the databases themselves say of their tables: this works for every version of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import (
    BindParameter,
    Connection,
    MetaData,
    Table,
    bindparam,
    func,
    insert,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.exc import DataError, IntegrityError

from mlabs_ext.errors import Conflict, MLabsError, Unusable

AT_ONCE = 1000
# Alembic's own, and the words of search, which each kind of database has in its own way.
NOT_COPIED = ("alembic_version", "lab_words", "sqlite_")
Tell = Callable[[str, int], None]


@dataclass
class Digest:
    """Of rows in any order: how many, and the sum of their digests."""

    count: int = 0
    total: int = 0

    def add(self, row: dict[str, Any]) -> None:
        """Count a row in."""
        packed = msgspec.msgpack.encode([row[name] for name in sorted(row)])
        self.count += 1
        self.total = (self.total + int.from_bytes(hashlib.sha256(packed).digest())) % 2**256


@dataclass
class Links:
    """Rows of one table that refer to each other: they are all put first, and then linked."""

    table: Table
    columns: list[str]
    found: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def of(cls, table: Table) -> Links:
        """Those of a table."""
        own = [key.parent.name for key in table.foreign_keys if key.column.table is table]
        return cls(table, sorted(own))

    def without(self, row: dict[str, Any]) -> dict[str, Any]:
        """The row as it is put at first."""
        if not any(row[name] is not None for name in self.columns):
            return row
        keys = {f"_{column.name}": row[column.name] for column in self.table.primary_key}
        self.found.append(keys | {f"to_{name}": row[name] for name in self.columns})
        return row | dict.fromkeys(self.columns)

    def put(self, target: Connection) -> None:
        """Link them."""
        if self.found:
            same = [column == bindparam(f"_{column.name}") for column in self.table.primary_key]
            to: dict[str, BindParameter[Any]] = {name: bindparam(f"to_{name}") for name in self.columns}
            target.execute(update(self.table).where(*same).values(to), self.found)


def tables(connection: Connection) -> list[Table]:
    """All that is copied, in the order of what refers to what."""
    names = [name for name in inspect(connection).get_table_names() if not name.startswith(NOT_COPIED)]
    known = MetaData()
    known.reflect(connection, only=names)
    return list(known.sorted_tables)


def refuse_rows(connection: Connection) -> None:
    """Raise Conflict unless a database is empty."""
    for table in tables(connection):
        if connection.execute(select(1).select_from(table).limit(1)).first():
            raise Conflict(
                f"The database is not empty: {table.name} has rows. Name a new one; nothing was changed.",
                "database_not_empty",
            )


def copy(source: Connection, target: Connection, tell: Tell) -> dict[str, int]:
    """Copy all rows into the same tables, which are empty; the number of each. Nothing is committed here.

    Unusable where a value does not fit; where the rows that are then there are others than those that were
    read, MLabsError.
    """
    theirs = {table.name: table for table in tables(target)}
    all_ = tables(source)
    sizes = {table.name: source.scalar(select(func.count()).select_from(table)) or 0 for table in all_}
    done, whole = 0, max(2 * sum(sizes.values()), 1)
    for table in all_:
        if table.name not in theirs:
            raise Unusable(f"The table {table.name} is none of MLabs' own.", "database_unknown")
        read = copy_table(source, table, target, theirs[table.name])
        done += read.count
        tell(table.name, 100 * done // whole)
        written = digest(target, theirs[table.name])
        done += read.count
        tell(table.name, 100 * done // whole)
        if written != read:
            raise MLabsError(
                f"The rows of {table.name} came out as others; nothing was changed.", "copy_differs"
            )
    go_on_counting(source, target, all_)
    return sizes


def copy_table(source: Connection, old: Table, target: Connection, new: Table) -> Digest:
    """Copy one table; the digest of what was read."""
    read, links = Digest(), Links.of(new)
    try:
        for rows in batches(source, old):
            for row in rows:
                read.add(row)
            target.execute(insert(new), [links.without(row) for row in rows])
        links.put(target)
    except (DataError, IntegrityError, ValueError) as error:
        said = str(getattr(error, "orig", None) or error).strip()
        raise Unusable(
            f"A row of {old.name} does not fit: {said}. Nothing was changed; see what `mlabs check` says.",
            "row_unusable",
        ) from error
    return read


def digest(connection: Connection, table: Table) -> Digest:
    """The digest of what a table has."""
    found = Digest()
    for rows in batches(connection, table):
        for row in rows:
            found.add(row)
    return found


def batches(connection: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    """All rows of a table, some at a time."""
    with connection.execute(select(table), execution_options={"yield_per": AT_ONCE}) as result:
        for rows in result.mappings().partitions(AT_ONCE):
            yield [dict(row) for row in rows]


def go_on_counting(source: Connection, target: Connection, all_: list[Table]) -> None:
    """Have the numbers of new rows begin where they would have."""
    for table in all_:
        keys = list(table.primary_key)
        if len(keys) == 1 and keys[0].type.python_type is int:
            largest = source.scalar(select(func.max(keys[0]))) or 0
            last = max(counted(source, table.name, keys[0].name), largest)
            if last:
                count_from(target, table.name, keys[0].name, last)


def counted(connection: Connection, table: str, key: str) -> int:
    """The last number that a database gave; 0 where it does not keep that."""
    if connection.dialect.name == "postgresql":
        found = sequence(connection, table, key)
        asked = text(f"SELECT last_value FROM {found} WHERE is_called")  # noqa: S608
        return (connection.scalar(asked) or 0) if found else 0
    kept = connection.scalar(text("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'"))
    asked = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
    return (connection.scalar(asked, {"name": table}) or 0) if kept else 0


def count_from(connection: Connection, table: str, key: str, last: int) -> None:
    """Have the next number follow `last`."""
    if connection.dialect.name == "postgresql":
        found = sequence(connection, table, key)
        if found:
            connection.execute(
                text("SELECT setval(CAST(:name AS regclass), :last)"), {"name": found, "last": last}
            )
    elif counted(connection, table, key):
        values = {"name": table, "last": last}
        connection.execute(text("UPDATE sqlite_sequence SET seq = :last WHERE name = :name"), values)


def sequence(connection: Connection, table: str, key: str) -> str | None:
    """What numbers the rows of a table of PostgreSQL."""
    quoted = connection.dialect.identifier_preparer.quote(table)
    asked = text("SELECT pg_get_serial_sequence(:table, :key)")
    found: str | None = connection.scalar(asked, {"table": quoted, "key": key})
    return found
