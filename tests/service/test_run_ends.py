"""Whichever way a batch run ends, its owner is told once, in the same transaction."""

from __future__ import annotations

from datetime import timedelta

import pytest
from service.batch_rules import World
from sqlalchemy import select
from ulid import ULID

from mlabs_ext import wire
from mlabs_ext.service import orm
from mlabs_ext.service.notifications import Notifications
from mlabs_ext.service.orm_notifications import Channels, Delivery


@pytest.fixture
def world(rules):
    rules.publish(name="mnist", title="MNIST")
    world = World(rules)
    world.told = Notifications(store=rules.store, addresses=rules.addresses)
    return world


@pytest.fixture
def going(world):
    """A run that goes on."""
    return begun(world)


def begun(world):
    run = world.ask()
    world.claim()
    world.server(run)
    world.begin(run)
    return run


def told(world, viewer=None):
    return world.told.list(viewer or world.rules.ada)[0]


def by_end(status, reason=None):
    return lambda world, run: world.end(run, status, reason)


def by_silence(world, run):
    world.rules.runs.listening = world.now() - timedelta(days=1)
    world.moved = timedelta(hours=1)
    assert world.rules.runs.sweep(world.now()) == 1


def by_its_server(world, run):
    with world.rules.store.read() as session:
        server = session.scalar(select(orm.Server.id))
    world.server_ends(server, "The server ended by itself.")


ENDS = {
    "succeeded": (by_end("succeeded"), "succeeded", None, "“MNIST” succeeded"),
    "raised": (by_end("failed", "raised"), "failed", "raised", "“MNIST” failed"),
    "crashed": (by_end("failed", "crashed"), "failed", "crashed", "its kernel crashed"),
    "out of memory": (by_end("failed", "out_of_memory"), "failed", "out_of_memory", "it ran out of memory"),
    "timeout": (by_end("failed", "timeout"), "failed", "timeout", "its time limit was over"),
    "stopped": (by_end("stopped", "stopped"), "stopped", "stopped", "“MNIST” was stopped"),
    "silence": (by_silence, "lost", "lost", "was lost"),
    "its server": (by_its_server, "lost", "lost", "was lost"),
}


@pytest.mark.parametrize("how", ENDS)
def test_each_end_is_told_once(world, rules, going, how):
    end, status, reason, words = ENDS[how]
    assert told(world) == []
    end(world, going)
    (note,) = told(world)
    assert (note.kind, note.run, note.lab, note.title) == ("run.ended", going.id, "ada/mnist", "MNIST")
    assert (note.status, note.reason, note.read) == (status, reason, None)
    assert words in note.text
    assert note.url == going.url
    rules.runs.sweep(world.now())
    assert told(world) == [note]
    assert told(world, rules.bob) == told(world, rules.admin) == []


def test_ends_before_the_beginning_are_told(world, rules):
    refused, stopped, trashed = world.ask(), world.ask(), world.ask()
    world.claim()
    world.queue.refused(refused.id, "There is no such\nimage.")
    world.batches.stop(rules.ada, stopped.id)
    world.queue.again(trashed.id)
    rules.labs.delete(rules.ada, "ada", "mnist")
    world.queue.drop_deleted()
    found = {note.run: note.text for note in told(world)}
    assert found == {
        refused.id: "“MNIST” was not started: There is no such image.",
        stopped.id: "“MNIST” was stopped.",
        trashed.id: "“MNIST” was not started: The lab was put into the trash before its run began.",
    }


def test_an_interactive_run_is_not_told(world, rules):
    run = str(ULID())
    fields = wire.RunCreate(run, "ada/mnist", world.now(), "python")
    rules.runs.register(rules.ada, fields)
    rules.runs.append(rules.ada, run, [wire.RunEvent(1, "end", world.now(), None, {"status": "failed"})])
    assert rules.runs.get(rules.ada, run).status == "failed"
    assert told(world) == []


def test_what_was_lost_and_is_heard_of_again_is_not_told_until_it_ends(world, rules, going):
    by_its_server(world, going)
    (lost,) = told(world)
    rules.runs.append(rules.ada, going.id, [])
    assert told(world) == []
    world.end(going, "succeeded")
    (note,) = told(world)
    assert note.status == "succeeded"
    assert note.id != lost.id


def test_a_last_word_after_it_was_lost_is_told_instead(world, going):
    by_its_server(world, going)
    world.end(going, "succeeded")
    (note,) = told(world)
    assert (note.status, note.read) == ("succeeded", None)


def test_nothing_is_told_of_what_was_not_written(world, rules, going, monkeypatch):
    def broken(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr("mlabs_ext.service.runs.run_metrics.take", broken)
    with pytest.raises(OSError, match="no space"):
        world.end(going, "succeeded")
    assert rules.runs.get(rules.ada, going.id).status == "running"
    assert told(world) == []


def test_with_its_run_a_notification_goes(world, rules, going):
    world.end(going, "succeeded")
    rules.runs.delete(rules.ada, going.id)
    assert told(world) == []
    assert world.told.unread(rules.ada) == 0


@pytest.mark.parametrize(
    ("email", "confirmed", "webhook", "status", "channels"),
    [
        ("all", True, "all", "succeeded", {"email", "webhook"}),
        ("all", True, "failures", "succeeded", {"email"}),
        ("failures", True, "none", "failed", {"email"}),
        ("failures", True, "failures", "stopped", set()),
        ("none", True, "none", "failed", set()),
        ("all", False, "all", "failed", {"webhook"}),
    ],
)
def test_it_goes_out_as_its_owner_chose(world, rules, going, email, confirmed, webhook, status, channels):
    with rules.store.write() as session:
        session.add(
            Channels(
                user="ada",
                email="ada@example.org",
                confirmed=world.now() if confirmed else None,
                email_ends=email,
                webhook="https://example.org/",
                webhook_ends=webhook,
            )
        )
    world.end(going, status)
    with rules.store.read() as session:
        found = session.scalars(select(Delivery)).all()
    assert {each.channel for each in found} == channels
    assert {each.notification_id for each in found} <= {told(world)[0].id}
