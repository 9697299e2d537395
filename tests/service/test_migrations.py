"""A database of an earlier release keeps what is in it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

import mlabs_ext.service.migrations
from mlabs_ext.service import orm
from mlabs_ext.service.addresses import Addresses
from mlabs_ext.service.index_queue import IndexQueue
from mlabs_ext.service.labs import Labs
from mlabs_ext.service.migrations import is_current
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
    config = Config()
    config.set_main_option("script_location", str(Path(mlabs_ext.service.migrations.__file__).parent))
    with store._writer.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def first(request, tmp_path):
    """A database as the first release made it, with a lab in it."""
    postgresql = request.param == "postgresql"
    store = Store(
        directory=str(tmp_path), **{"url": request.getfixturevalue("postgresql_url")} if postgresql else {}
    )
    migrate(store, "0001")
    now = datetime(2026, 11, 1).replace(tzinfo=None)
    with store.write() as session:
        session.execute(text(FIRST_LAB), {"tags": b"[]", "now": now})
    yield store
    store.close()


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
