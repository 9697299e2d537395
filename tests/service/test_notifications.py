"""What a person is told is theirs alone, is read once, and goes with time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from service.batch_rules import World
from sqlalchemy import func, select, text, update

from mlabs_ext.errors import BadInput, Forbidden
from mlabs_ext.service.notifications import Notifications
from mlabs_ext.service.orm_notifications import Delivery, Notification
from mlabs_ext.service.run_ends import put


@pytest.fixture
def notifications(rules):
    return Notifications(store=rules.store, addresses=rules.addresses, keep=3)


@pytest.fixture
def ended(rules):
    """`ended(3)` ends so many of ada's runs; their ids, the last first."""
    rules.publish(name="mnist", title="MNIST")
    world = World(rules)

    def ended(count):
        runs = [world.ask() for _ in range(count)]
        for run in runs:
            world.batches.stop(rules.ada, run.id)
        return [run.id for run in reversed(runs)]

    return ended


def test_the_newest_come_first_page_by_page(rules, notifications, ended):
    runs = ended(5)
    first, following = notifications.list(rules.ada, 2)
    second, following = notifications.list(rules.ada, 2, following)
    third, nothing = notifications.list(rules.ada, 2, following)
    assert [note.run for note in (*first, *second, *third)] == runs
    assert nothing is None
    with pytest.raises(BadInput):
        notifications.list(rules.ada, 2, "x")


def test_reading_some_and_all(rules, notifications, ended):
    ended(4)
    newest = notifications.list(rules.ada)[0][0]
    assert notifications.unread(rules.ada) == 4
    assert notifications.unread_of(rules.ada, newest.run) == newest.id
    assert notifications.read(rules.ada, [newest.id, "unknown", "\0"]).unread == 3
    assert notifications.unread_of(rules.ada, newest.run) is None
    read = notifications.list(rules.ada)[0][0].read
    assert read is not None
    assert notifications.read(rules.ada).unread == 0
    assert notifications.list(rules.ada)[0][0].read == read


def test_others_neither_see_nor_change_them(rules, notifications, ended):
    ended(1)
    (note,) = notifications.list(rules.ada)[0]
    for other in (rules.bob, rules.admin):
        assert notifications.list(other) == ([], None)
        assert notifications.unread(other) == 0
        assert notifications.unread_of(other, note.run) is None
        assert notifications.read(other, [note.id]).unread == 0
    assert notifications.unread(rules.ada) == 1
    assert notifications.unread(rules.nobody) == 0
    for call in (notifications.list, notifications.read):
        with pytest.raises(Forbidden):
            call(rules.nobody)


def test_the_oldest_of_too_many_go(rules, notifications, ended):
    runs = ended(5)
    notifications.forget(notifications.now())
    assert [note.run for note in notifications.list(rules.ada)[0]] == runs[:3]


def test_what_is_old_goes(rules, notifications, ended):
    now = notifications.now()
    ended(2)
    newest, oldest = notifications.list(rules.ada)[0]
    with rules.store.write() as session:
        old = update(Notification).where(Notification.id == oldest.id).values(time=now - timedelta(days=91))
        session.execute(old)
        for age, notification in ((0, None), (29, None), (31, None), (0, oldest.id)):
            delivery = put(session, "ada", "email", "test", now, notification)
            ended_at = now - timedelta(days=age)
            session.execute(update(Delivery).where(Delivery.id == delivery).values(ended=ended_at))
    notifications.forget(now)
    assert notifications.list(rules.ada)[0] == [newest]
    with rules.store.read() as session:
        assert session.scalar(select(func.count()).select_from(Delivery)) == 2


def test_it_is_looked_once_an_hour_what_is_to_go(rules, notifications, ended):
    now = notifications.now()
    notifications.forget(now)
    ended(5)
    notifications.forget(now + timedelta(minutes=59))
    assert notifications.unread(rules.ada) == 5
    notifications.forget(now + timedelta(minutes=61))
    assert notifications.unread(rules.ada) == 3


def test_the_unread_are_counted_by_an_index(rules, notifications, ended):
    ended(1)
    with rules.store.read(whole=True) as session:
        query = select(func.count()).select_from(Notification)
        query = query.where(Notification.user == "ada", Notification.read.is_(None))
        compiled = query.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
        explain = "EXPLAIN QUERY PLAN"
        if not rules.store.is_sqlite:
            # It reads small tables whole unless it is told not to.
            session.execute(text("SET LOCAL enable_seqscan = off"))
            explain = "EXPLAIN"
        plan = str(session.connection().exec_driver_sql(f"{explain} {compiled}").all())
    assert "ix_notification_unread" in plan
