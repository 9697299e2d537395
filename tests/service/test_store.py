"""The database is durable, says so when it cannot be, and is the same of either kind."""

from __future__ import annotations

import sqlite3
import stat
from datetime import UTC, datetime, timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text, update
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from mlabs_ext.errors import Full, Unavailable
from mlabs_ext.service import orm
from mlabs_ext.service.store import NOTICED_THERE, Store, make_engine, translated


def test_migrations_make_exactly_the_tables_of_the_orm(store):
    # The words of searches are in a table of each database's own kind, which only its own statements know.
    def of_orm(name, kind, parents):
        return kind != "table" or not name.startswith("lab_words")

    with store.engine.connect() as connection:
        opts = {"compare_type": True, "include_name": of_orm}
        context = MigrationContext.configure(connection, opts=opts)
        differs = compare_metadata(context, orm.Base.metadata)
        if store.engine.dialect.name == "sqlite":
            # What SQLAlchemy does not read there: how a key acts that was added with its column.
            differs = [each for each in differs if not added_key(each)]
            keys = connection.execute(text("PRAGMA foreign_key_list(notification)")).all()
            assert ("proposal", "proposal_id", "id", "CASCADE") in [
                (key.table, key._mapping["from"], key.to, key.on_delete) for key in keys
            ]
        assert differs == []


def added_key(difference):
    """Whether it is about the key of notifications to proposals."""
    kind, key = difference[0], difference[1]
    where = [f"{column.table.name}.{column.name}" for column in getattr(key, "columns", ())]
    return kind in ("remove_fk", "add_fk") and where == ["notification.proposal_id"]


def test_a_second_migration_changes_nothing(store, rules):
    lab = rules.publish()
    store.migrate()
    assert rules.labs.get(rules.ada, "ada", lab.name) == lab


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)],
    ids=lambda value: str(value),
)
def test_sqlite_is_durable(tmp_path, pragma, value):
    store = Store(directory=str(tmp_path))
    with store.read() as session:
        assert session.scalar(text(f"PRAGMA {pragma}")) == value
    store.close()


def test_the_database_is_closed_to_others_whatever_the_folder_allows(tmp_path):
    (tmp_path / "mlabs.sqlite").touch(mode=0o644)
    store = Store(directory=str(tmp_path))
    store.migrate()
    with store.write():
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    store.close()
    assert set(modes) == {"mlabs.sqlite", "mlabs.sqlite-wal", "mlabs.sqlite-shm"}
    assert set(modes.values()) == {0o600}


def test_a_failed_write_leaves_nothing(store):
    def fail():
        with store.write() as session:
            session.add(orm.Answered(user="ada", key="k", said="s", answer=b"", created=datetime.now(UTC)))
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with store.read() as session:
        assert session.get(orm.Answered, ("ada", "k")) is None


def test_a_store_that_only_reads_refuses_every_change(store, rules):
    lab = rules.publish()
    reader = Store(directory=store.directory, url=store.url)
    reader.only_read()
    with reader.read() as session:
        assert session.get(orm.Lab, lab.id).title == lab.title
    with pytest.raises((SQLAlchemyError, Unavailable)), reader.write() as session:
        session.get(orm.Lab, lab.id).title = "changed"
    with pytest.raises((SQLAlchemyError, Unavailable)), reader.read() as session:
        session.execute(update(orm.Lab).values(title="changed"))
    reader.close()
    assert rules.labs.get(rules.nobody, "ada", lab.name).title == lab.title


def test_keys_are_forgotten_after_a_day(store):
    now = datetime.now(UTC)
    with store.write() as session:
        for key, age in (("old", 25), ("young", 23)):
            created = now - timedelta(hours=age)
            session.add(orm.Answered(user="ada", key=key, said="s", answer=b"", created=created))
    store.forget_keys(now)
    with store.read() as session:
        assert session.get(orm.Answered, ("ada", "old")) is None
        assert session.get(orm.Answered, ("ada", "young")) is not None


def test_times_come_back_in_utc(store):
    now = datetime.now(UTC)
    with store.write() as session:
        session.add(orm.Answered(user="ada", key="k", said="s", answer=b"", created=now))
    with store.read() as session:
        assert session.get(orm.Answered, ("ada", "k")).created == now


@pytest.mark.parametrize(
    ("said", "error"),
    [("database or disk is full", Full), ("database is locked", Unavailable)],
    ids=["full", "locked"],
)
def test_what_the_database_cannot_do_is_said_in_our_words(said, error):
    with pytest.raises(error), translated():
        raise OperationalError("INSERT", {}, sqlite3.OperationalError(said))


def test_a_full_disk_is_reported_and_reading_goes_on(tmp_path):
    store = Store(directory=str(tmp_path))
    store.migrate()

    def fill() -> None:
        with store.write() as session:
            pages = session.scalar(text("PRAGMA page_count"))
            session.execute(text(f"PRAGMA max_page_count={pages}"))
            answer = b"x" * 100_000
            session.add(orm.Answered(user="u", key="k", said="s", answer=answer, created=datetime.now(UTC)))

    with pytest.raises(Full):
        fill()
    store.check()
    store.close()


@pytest.mark.postgresql
def test_a_network_that_is_dead_is_noticed_and_the_address_has_the_last_word(postgresql_url):
    store = Store(url=f"{postgresql_url}?connect_timeout=30")
    with store.engine.connect() as connection:
        set_to = connection.connection.dbapi_connection.info.get_parameters()
        there = {name: connection.scalar(text(f"SHOW {name}")) for name in NOTICED_THERE}
    store.close()
    assert (there["tcp_keepalives_idle"], there["tcp_user_timeout"]) == ("5", "10000")
    assert (set_to["tcp_user_timeout"], set_to["keepalives_count"]) == ("10000", "2")
    assert set_to["connect_timeout"] == "30"


@pytest.fixture
def of_postgresql(postgresql_url, tmp_path):
    store = Store(directory=str(tmp_path), url=postgresql_url)
    yield store
    store.close()


def end_others(store):
    """What a restart of the database does to the connections that nobody uses now."""
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
    engine = make_engine(store.url)
    with engine.connect() as connection:
        connection.execute(text(f"{others} AND pid != pg_backend_pid()"))
    engine.dispose()


def test_a_connection_that_was_lost_while_idle_is_replaced(of_postgresql, monkeypatch):
    monkeypatch.setattr("mlabs_ext.service.store.BELIEVED_SECONDS", 0.0)
    for begin in (of_postgresql.read, lambda: of_postgresql.read(whole=True), of_postgresql.write):
        of_postgresql.check()
        end_others(of_postgresql)
        with begin() as session:
            assert session.scalar(text("SELECT 1")) == 1


def test_one_that_is_lost_the_moment_after_its_use_is_told_and_replaced(of_postgresql, monkeypatch):
    monkeypatch.setattr("mlabs_ext.service.store.BELIEVED_SECONDS", 60.0)
    of_postgresql.check()
    end_others(of_postgresql)
    with pytest.raises(Unavailable, match="try again"):
        of_postgresql.check()
    of_postgresql.check()


@pytest.mark.parametrize("whole", [False, True], ids=["alone", "whole"])
def test_what_postgresql_has_prepared_stays_prepared(of_postgresql, whole):
    query = text("SELECT count(*) FROM pg_prepared_statements")
    for _ in range(10):
        with of_postgresql.read(whole) as session:
            prepared = session.scalar(query)
    assert prepared


@pytest.mark.parametrize("whole", [False, True], ids=["alone", "whole"])
def test_reading_changes_nothing(store, rules, whole):
    lab = rules.publish()
    with store.read(whole) as session:
        session.get_one(orm.Lab, lab.id).title = "Changed"
    assert rules.labs.get(rules.ada, "ada", lab.name).title == lab.title


def test_a_whole_reading_is_one_transaction(of_postgresql):
    with of_postgresql.read(whole=True) as session:
        session.execute(text("SET LOCAL search_path = pg_catalog"))
        assert session.scalar(text("SHOW search_path")) == "pg_catalog"
    with of_postgresql.read() as session:
        assert session.scalar(text("SHOW search_path")) != "pg_catalog"
