"""A database of an earlier release keeps what is in it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, Table, text
from support.every_table import seed

from mlabs_ext.backups.rows import tables
from mlabs_ext.service import orm
from mlabs_ext.service.addresses import Addresses
from mlabs_ext.service.index_queue import IndexQueue
from mlabs_ext.service.labs import Labs
from mlabs_ext.service.migrations import is_current, revisions, upgrade_within
from mlabs_ext.service.orm_notifications import Delivery, Notification
from mlabs_ext.service.store import Store
from mlabs_ext.service.viewers import Viewer

FIRST_LAB = """
    INSERT INTO lab (id, owner, name, title, description, tags, visibility, environment, accelerator, version,
        revision, forks, stars, runs, popularity, heat, words, created, updated)
    VALUES ('1', 'ada', 'mnist', 'MNIST', '', :tags, 'public', 'python', 'none', 0, 1, 0, 0, 0, 0, 0.0,
        'mnist', :now, :now)
"""


def migrate(store: Store, revision: str) -> None:
    with store._writer.begin() as connection:
        upgrade_within(connection, revision)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def empty(request, tmp_path):
    """A database without tables."""
    postgresql = request.param == "postgresql"
    store = Store(
        directory=str(tmp_path), **{"url": request.getfixturevalue("postgresql_url")} if postgresql else {}
    )
    yield store
    store.close()


@pytest.fixture
def first(empty):
    """A database as the first release made it, with a lab in it."""
    migrate(empty, "0001")
    now = datetime(2026, 11, 1).replace(tzinfo=None)
    with empty.write() as session:
        session.execute(text(FIRST_LAB), {"tags": b"[]", "now": now})
    return empty


def test_a_database_is_current_once_it_is_migrated(first):
    assert not is_current(first.engine)
    first.migrate()
    assert is_current(first.engine)


def test_labs_of_the_first_release_run_on_their_environment_as_it_is(first):
    first.migrate()
    with first.read() as session:
        lab = session.get_one(orm.Lab, "1")
    assert (lab.owner, lab.name, lab.image) == ("ada", "mnist", None)
    assert lab.created == datetime(2026, 11, 1, tzinfo=UTC)


def test_labs_of_earlier_releases_are_to_be_read_by_search(first):
    with first.write() as session:
        again = FIRST_LAB.replace("'1', 'ada', 'mnist'", "'2', 'ada', 'second'")
        session.execute(text(again), {"tags": b'["x"]', "now": datetime(2026, 10, 1).replace(tzinfo=None)})
    first.migrate()
    queue = IndexQueue(store=first)
    waiting = queue.waiting()
    assert [one.notebook for one in waiting] == [None, None]
    for one in waiting:
        queue.done(one.key, None)
    assert queue.waiting() == []
    labs = Labs(store=first, addresses=Addresses("/"))
    ada = Viewer(name="ada", can_read=True)
    assert [lab.name for lab in labs.find(ada, q="mni", owner="ada")[0]] == ["mnist", "second"]
    assert [lab.name for lab in labs.find(ada, q="second x", owner="ada")[0]] == ["second"]


OLD_RUN = """
    INSERT INTO run (id, lab_id, user_name, kind, run_all, environment, accelerator, parameters, started,
        seen, status, closed, cells, metrics, last_seq, size)
    VALUES ('r', '1', 'ada', 'interactive', :no, 'python', 'none', :empty, :now, :now, 'succeeded', :no, 0,
        :metrics, 0, 0)
"""


def test_what_gpus_did_becomes_a_resource(first):
    values = {"no": False, "empty": b"{}", "now": datetime(2026, 11, 1).replace(tzinfo=None)}
    metrics = b'{"gpu_memory_peak":5,"gpu_utilization_mean":1.5,"loss":2}'
    with first.write() as session:
        session.execute(text(OLD_RUN), values | {"metrics": metrics})
        session.execute(text(OLD_RUN.replace("'r'", "'s'")), values | {"metrics": b"{}"})
    first.migrate()
    with first.read() as session:
        runs = {run.id: run for run in session.query(orm.Run)}
    assert runs["r"].resources == {"gpu_memory_peak": 5, "gpu_utilization_mean": 1.5}
    assert runs["r"].metrics == {"loss": 2}
    assert (runs["s"].resources, runs["s"].metrics, runs["s"].packages) == ({}, {}, None)


def test_runs_of_earlier_releases_are_counted(first):
    now = datetime(2026, 11, 1).replace(tzinfo=None)
    values = {"no": False, "empty": b"{}", "now": now, "metrics": b"{}"}
    with first.write() as session:
        session.execute(text(OLD_RUN), values)
        session.execute(text(OLD_RUN.replace("'r'", "'s'")), values)
    first.migrate()
    with first.read() as session:
        assert session.get_one(orm.Lab, "1").recorded == 2
        assert {run.expired for run in session.query(orm.Run)} == {None}


OLD_NOTIFICATION = """
    INSERT INTO notification (id, user_name, kind, run_key, time)
    VALUES ('n', 'ada', 'run.ended', (SELECT key FROM run), :now)
"""
OLD_DELIVERY = """
    INSERT INTO delivery (id, user_name, notification_id, channel, kind, created, due, tries)
    VALUES ('d', 'ada', 'n', 'email', 'run.ended', :now, :now, 0)
"""


def test_notifications_and_what_is_to_be_sent_of_them_stay(first):
    now = datetime(2026, 11, 1).replace(tzinfo=None)
    values = {"no": False, "empty": b"{}", "now": now, "metrics": b"{}"}
    with first.write() as session:
        session.execute(text(OLD_RUN), values)
    migrate(first, "0009")
    with first.write() as session:
        for row in (OLD_NOTIFICATION, OLD_DELIVERY):
            session.execute(text(row), {"now": now})
    first.migrate()
    with first.write() as session:
        assert session.get_one(Delivery, "d").notification_id == "n"
        session.add(Notification(id="m", user="ada", kind="lab.restored", lab_id="1", time=datetime.now(UTC)))
        session.delete(session.get_one(orm.Run, 1))
    with first.read() as session:
        assert [row.id for row in session.query(Notification)] == ["m"]
        assert session.query(Delivery).all() == []


def test_each_migration_keeps_every_row_of_every_table(empty):
    """Each runs over rows that every earlier release left, and none of them is lost or altered."""
    put: list[tuple[str, str, dict[str, Any]]] = []
    for number, revision in enumerate(reversed(revisions())):
        migrate(empty, revision)
        with empty._writer.begin() as connection:
            made = seed(connection, 2, 2 * number)
        put += [(revision, table, row) for table, rows in made.items() for row in rows]
    with empty.engine.connect() as connection:
        known = {table.name: table for table in tables(connection)}
        there = {name: by_key(connection, table) for name, table in known.items()}
    assert known.keys() == orm.Base.metadata.tables.keys() == {table for _, table, _ in put}
    for revision, name, row in put:
        found = there[name][tuple(row[key.name] for key in known[name].primary_key)]
        assert {column: found[column] for column in row if column in found} == {
            column: row[column] for column in row if column in found
        }, revision


def by_key(connection: Connection, table: Table) -> dict[tuple, dict[str, Any]]:
    """The rows of a table by their primary keys."""
    rows = connection.execute(table.select()).mappings()
    return {tuple(row[key.name] for key in table.primary_key): dict(row) for row in rows}
