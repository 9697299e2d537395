"""Checks of the databases: they answer, have this version's tables, and keep what they acknowledge."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mlabs_ext.doctor.found import Found, NotHere, fault, warning
from mlabs_ext.doctor.front import SKEW, apart
from mlabs_ext.doctor.here import Here

# The oldest that PostgreSQL's own makers still mend, by the number that a server gives itself.
OLDEST = 140_000
PATIENCE = 10
# Where a file of SQLite says how it is written, and what stands there for a write-ahead log:
# https://www.sqlite.org/fileformat.html#file_format_version_numbers
WRITTEN, WAL = 18, 2


def answers(here: Here) -> Iterator[Found]:
    """They answer."""
    here.need_data()
    yield from opens(here.data / "hub.sqlite")
    if is_sqlite(here):
        yield from opens(file_of(here))
        return
    try:
        rows(here, "SELECT 1")
    except NoAnswer as error:
        yield fault(f"PostgreSQL does not answer: {error}")


def opens(file: Path) -> Iterator[Found]:
    """A file of SQLite can be read; one that is not there yet is made at the first start."""
    if not file.exists():
        return
    try:
        with closing(reading(file)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error as error:
        yield fault(f"{file} cannot be read: {error}.")


def schema(here: Here) -> Iterator[Found]:
    """The tables are those of this version."""
    need_tables(here)
    from mlabs_ext.service.migrations import revisions

    [[has]] = ask(here, "SELECT version_num FROM alembic_version")
    known = revisions()
    if has not in known:
        yield fault(f"The tables are of a later MLabs than this one (revision {has}).")
    elif has != known[0]:
        behind = f"The tables are of revision {has}, and this MLabs has {known[0]}"
        yield (
            fault(f"{behind}, while one runs.")
            if here.hub
            else warning(f"{behind}: its next start changes them.")
        )


def durable(here: Here) -> Iterator[Found]:
    """SQLite keeps a journal that survives crashes and lets readers read."""
    need_tables(here)
    if not is_sqlite(here):
        raise NotHere("the database is PostgreSQL")
    with file_of(here).open("rb") as file:
        head = file.read(20)
    # Asked for by SQL, a database that nobody has open says nothing of it.
    if head[WRITTEN] != WAL:
        yield fault(f"{file_of(here)} has no write-ahead log (WAL).")


def server(here: Here) -> Iterator[Found]:
    """PostgreSQL is one that is still mended, and its clock is right."""
    if is_sqlite(here):
        raise NotHere("the database is SQLite")
    query = "SELECT current_setting('server_version_num'), current_setting('server_version'), now()"
    [[number, name, now]] = ask(here, query)
    if int(number) < OLDEST:
        yield warning(f"PostgreSQL is {name}; its makers mend {OLDEST // 10_000} and newer.")
    away = (now - datetime.now(UTC)).total_seconds()
    if abs(away) > SKEW:
        yield fault(f"PostgreSQL's clock is {apart(away)} this machine's.")


def is_sqlite(here: Here) -> bool:
    """Whether the service's database is a file."""
    return here.database_url.startswith("sqlite")


def file_of(here: Here) -> Path:
    """That file."""
    return Path(here.database_url.partition(":///")[2])


def need_tables(here: Here) -> None:
    """Go on only with a database that has begun."""
    if is_sqlite(here) and not file_of(here).exists():
        raise NotHere("there is no database yet")


def reading(file: Path) -> sqlite3.Connection:
    """A connection that changes nothing: beside a file that nobody writes to, it makes none of its own."""
    beside = file.with_name(f"{file.name}-wal")
    still = "" if beside.exists() else "&immutable=1"
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro{still}", uri=True, timeout=PATIENCE)


def ask(here: Here, query: str) -> list[Any]:
    """The rows of a query; NotHere where the database does not answer, which a check of its own says."""
    try:
        return rows(here, query)
    except NoAnswer as error:
        raise NotHere("the database does not answer") from error


def rows(here: Here, query: str) -> list[Any]:
    """The rows of a query; NotHere without the packages, NoAnswer with why there are none."""
    try:
        from sqlalchemy import create_engine, text
        from sqlalchemy.exc import SQLAlchemyError

        engine = (
            create_engine("sqlite://", creator=lambda: reading(file_of(here)))
            if is_sqlite(here)
            else create_engine(here.database_url, connect_args={"connect_timeout": PATIENCE})
        )
    except ImportError as error:
        raise NotHere(f"{error.name} is missing") from error
    try:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]
    except SQLAlchemyError as error:
        raise NoAnswer(str(getattr(error, "orig", error)).splitlines()[0]) from error
    finally:
        engine.dispose()


class NoAnswer(Exception):
    """Why a database did not answer."""
