"""The database: one engine for SQLite and PostgreSQL alike, durable commits, and migrations at the start."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Dialect, Engine, create_engine, delete, event, func, make_url, select, text
from sqlalchemy.exc import InvalidatePoolError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session
from traitlets import Integer, Unicode, default
from traitlets.config import LoggingConfigurable

from mlabs_ext.closed import close_to_others
from mlabs_ext.errors import Full, Unavailable
from mlabs_ext.service import changes, indexing, orm
from mlabs_ext.service.recording import Recorded

BUSY_SECONDS = 30
# A connection that was used this short a time ago is taken for alive.
BELIEVED_SECONDS = 1.0
# A database that is out of reach is noticed: else whoever asks waits as long as TCP tries, a quarter of an
# hour. In seconds but for the last, which is in milliseconds; what the address says itself goes before.
NOTICED = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 10_000,
}
# PostgreSQL has to notice it too: a transaction whose service is gone would hold its locks for two hours, and
# one with an answer on its way as long as TCP repeats that, which after an outage it does minutes apart.
NOTICED_THERE = {
    "tcp_keepalives_idle": 5,
    "tcp_keepalives_interval": 5,
    "tcp_keepalives_count": 2,
    "tcp_user_timeout": 10_000,
}
FULL_SIGNS = (
    "database or disk is full",
    "no space left on device",
    "disk i/o error",
    "could not extend file",
)
# What PostgreSQL tells all services of.
CHANGED = "mlabs_changed"


class Store(LoggingConfigurable):
    """Gives sessions: `read()` changes nothing, and `write()` is one durable transaction."""

    Error = SQLAlchemyError

    directory = Unicode(help="The service's data directory.")

    url = Unicode(
        help="""The database, as a SQLAlchemy address.

        Default: SQLite, in the file `mlabs.sqlite` of the data directory. Example:

            c.Store.url = "postgresql+psycopg://mlabs@db.example.org/mlabs"
        """
    ).tag(config=True)

    keep_keys = Integer(
        24,
        help="""For how many hours a request that is repeated with the same Idempotency-Key is recognized.

        Default: 24. Example:

            c.Store.keep_keys = 48
        """,
    ).tag(config=True)

    @default("url")
    def _url(self) -> str:
        return f"sqlite:///{Path(self.directory) / 'mlabs.sqlite'}"

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.is_sqlite = self.url.startswith("sqlite")
        if self.is_sqlite:
            Path(self.directory).mkdir(mode=0o700, parents=True, exist_ok=True)
            if file := make_url(self.url).database:
                close_to_others(Path(file))
        self.engine = make_engine(self.url)
        self._writer = self.engine.execution_options(write=True)
        alone = {} if self.is_sqlite else {"isolation_level": "AUTOCOMMIT"}
        self._reader = self.engine.execution_options(**alone)
        # SQLite lets waiting writers poll; waiting here is fair and costs nothing.
        self._turn = threading.Lock() if self.is_sqlite else nullcontext()
        # Who is told what was changed here, in the thread that changed it, before anybody else knows.
        self.on_changes: list[Callable[[set[str]], None]] = []

    @contextmanager
    def read(self, whole: bool = False) -> Iterator[Session]:
        """A session that sees the database as it is now.

        `whole` keeps PostgreSQL in one transaction all the time, as its cursors and settings need it. Without
        it, each statement goes there alone: to begin and to end takes as long as to ask for something.
        """
        with translated(), Session(self.engine if whole else self._reader, autoflush=False) as session:
            yield session
            if whole:
                # At a rollback psycopg forgets what PostgreSQL has prepared. Of changes nothing is left.
                session.expunge_all()
                session.commit()

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session whose changes are all on disk when the block ends, or none of them."""
        with (
            self._turn,
            translated(),
            Recorded(self._writer, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session
            session.flush()
            indexing.settle(session)
            changed = changes.noted(session)
            if not self.is_sqlite:
                self._notify(session, changed)
        if changed:
            for tell in self.on_changes:
                tell(changed)

    def only_read(self) -> None:
        """Have the database itself refuse every change by this process."""
        if self.is_sqlite:
            event.listen(self.engine, "connect", _refuse_sqlite)
        else:
            # Where there is no transaction, there is none that could be read-only.
            self.engine = self.engine.execution_options(postgresql_readonly=True)
            self._reader = self._writer = self.engine

    def _notify(self, session: Session, changed: set[str]) -> None:
        """Have PostgreSQL tell of it once it is committed, and only then."""
        if changed:
            session.execute(select(*(func.pg_notify(CHANGED, change) for change in sorted(changed))))

    def check(self) -> None:
        """Raise unless the database answers."""
        with self.read() as session:
            session.execute(text("SELECT 1"))

    def size(self) -> int:
        """Bytes that the database takes up."""
        pages = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
        query = pages if self.is_sqlite else "SELECT pg_database_size(current_database())"
        with self.read() as session:
            return int(session.scalar(text(query)) or 0)

    def is_current(self) -> bool:
        """Whether the tables are those of this version of the service."""
        from mlabs_ext.service.migrations import is_current

        with translated():
            return is_current(self.engine)

    def migrate(self) -> None:
        """Bring the tables to this version of the service."""
        # Needed once, and heavy: not at import.
        from mlabs_ext.service.migrations import upgrade

        upgrade(self._writer)

    def forget_keys(self, now: datetime) -> None:
        """Drop what was answered to keys that are too old to be repeated."""
        old = now - timedelta(hours=self.keep_keys)
        with self.write() as session:
            session.execute(delete(orm.Answered).where(orm.Answered.created < old))

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()


def make_engine(url: str) -> Engine:
    """An engine with durable commits, whose transactions begin where SQLAlchemy says also with SQLite."""
    if not url.startswith("sqlite"):
        address = make_url(url)
        by_libpq = address.get_driver_name().startswith("psycopg")
        noticed = {name: value for name, value in NOTICED.items() if by_libpq and name not in address.query}
        # The last used one is the one that has prepared most.
        engine = create_engine(address, pool_use_lifo=True, connect_args=noticed)
        event.listen(engine, "connect", _prepare_postgresql)
        event.listen(engine, "checkin", _note_use)
        event.listen(engine, "checkout", partial(_check_idle, engine.dialect))
        return engine
    waits = {"timeout": BUSY_SECONDS, "check_same_thread": False}
    engine = create_engine(url, pool_use_lifo=True, connect_args=waits)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, record: Any) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-16000"):
        connection.execute(f"PRAGMA {pragma}")


def _prepare_postgresql(connection: Any, record: Any) -> None:
    with connection.cursor() as cursor:
        for name, value in NOTICED_THERE.items():
            cursor.execute(f"SET {name} = {value}")
    connection.commit()


def _note_use(connection: Any, record: Any) -> None:
    record.info["used"] = time.monotonic()


def _check_idle(dialect: Dialect, connection: Any, record: Any, proxy: Any) -> None:
    """Have another connection made in place of one that was lost since it was used.

    SQLAlchemy's own check asks each time, which takes as long as a statement. What is lost within the moment
    is told as a database that does not answer.
    """
    if time.monotonic() - record.info.get("used", math.inf) < BELIEVED_SECONDS:
        return
    try:
        dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error as error:
        raise InvalidatePoolError("The connection was lost while it was not used.") from error


def _refuse_sqlite(connection: Any, record: Any) -> None:
    connection.execute("PRAGMA query_only=ON")


def _begin_sqlite(connection: Any) -> None:
    writes = connection.get_execution_options().get("write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def translated() -> Iterator[None]:
    """Say in our own words what the database cannot do now."""
    try:
        yield
    except OperationalError as error:
        said = str(error.orig).lower()
        if any(sign in said for sign in FULL_SIGNS):
            raise Full("There is no space left; nothing was changed.") from error
        raise Unavailable(
            "The database does not answer; try again in a moment.", "database_unavailable"
        ) from error
