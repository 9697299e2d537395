"""SQLite databases that others write to meanwhile: copied by SQLite's own online backup."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, NullPool, create_engine
from sqlalchemy.exc import OperationalError

from mlabs_ext.errors import Conflict, Unusable

T = TypeVar("T")
Tell = Callable[[int], None]

PAGES = 2000
PATIENCE = 60
# A new machine has none of the servers: what the hub remembers of them could be somebody else's processes.
FORGET = """
    DELETE FROM servers WHERE id IN (SELECT server_id FROM spawners WHERE server_id IS NOT NULL);
    UPDATE spawners SET server_id = NULL, state = '{}', started = NULL;
"""


def copy(source: Path, target: Path, tell: Tell) -> None:
    """Copy a database as it is at one moment; Unusable where it cannot be read. `tell` gets percents.

    The read transaction holds that moment: without it, SQLite begins again whenever somebody writes.
    """
    try:
        with opened(source) as old, closing(sqlite3.connect(target)) as new:
            old.execute("BEGIN")
            old.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall()
            old.backup(
                new, pages=PAGES, progress=lambda _, left, all_: tell(100 - 100 * left // max(all_, 1))
            )
    except sqlite3.Error as error:
        raise Unusable(f"{source} cannot be read: {error}. Try: mlabs check", "database_damaged") from error
    settle(target)


def settle(file: Path) -> None:
    """Have one file be all there is of a database that nobody has open."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")


def reading(file: Path, ask: Callable[[Connection], T]) -> T:
    """Ask a database that nobody else has open."""
    engine = create_engine(f"sqlite:///{file}", poolclass=NullPool)
    with engine.connect() as connection:
        return ask(connection)


@contextmanager
def opened(file: Path) -> Iterator[sqlite3.Connection]:
    """A database that is there, for reading."""
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True, timeout=PATIENCE)) as found:
        found.isolation_level = None
        found.execute("PRAGMA query_only = ON")
        yield found


def complaints(file: Path) -> list[str]:
    """What SQLite itself finds wrong with a database."""
    try:
        with opened(file) as connection:
            found = [row[0] for row in connection.execute("PRAGMA integrity_check(20)") if row[0] != "ok"]
            for table, key, parent, _ in connection.execute("PRAGMA foreign_key_check").fetchmany(20):
                found.append(f"row {key} of {table} refers to a row of {parent} that is not there")
    except sqlite3.DatabaseError as error:
        return [str(error)]
    return found


@contextmanager
def alone(file: Path) -> Iterator[Connection]:
    """A database that nobody else has open, nor can; Conflict where somebody has."""

    def connect() -> sqlite3.Connection:
        found = sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True, timeout=1)
        found.isolation_level = None
        # With WAL this has to be said before the first look, and fails where another process has it open.
        found.execute("PRAGMA locking_mode = EXCLUSIVE")
        return found

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("BEGIN EXCLUSIVE")
            yield connection
    except OperationalError as error:
        if "locked" not in str(error.orig):
            raise
        raise Conflict(f"{file} is in use: stop MLabs first.", "data_in_use") from error


def forget_servers(file: Path) -> None:
    """Have a hub's database know of no server that runs."""
    with closing(sqlite3.connect(file)) as connection:
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if {"servers", "spawners"} <= tables:
            connection.executescript(f"BEGIN; {FORGET} COMMIT;")
        connection.execute("PRAGMA journal_mode = DELETE")
