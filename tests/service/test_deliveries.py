"""What is in the outbox is sent by one process, tried again for about an hour, and survives a crash."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from service.batch_rules import World
from sqlalchemy import select

from mlabs_ext.service.deliveries import CUT_SHORT, LEASE, Deliveries
from mlabs_ext.service.orm_notifications import Channels, Delivery
from mlabs_ext.service.run_ends import put


@pytest.fixture
def outbox(rules):
    """The rules, with a clock that can be moved."""
    deliveries = Deliveries(store=rules.store, addresses=rules.addresses)
    deliveries.moved = timedelta()
    deliveries.now = lambda: datetime.now(UTC) + deliveries.moved
    with rules.store.write() as session:
        for name in ("ada", "bob"):
            session.add(Channels(user=name, webhook=f"https://{name}.test/", webhook_secret="s3cret"))
    return deliveries


def fill(rules, count=1, user="ada"):
    with rules.store.write() as session:
        now = datetime.now(UTC)
        return [put(session, user, "webhook", "test", now) for _ in range(count)]


def row(rules, delivery):
    with rules.store.read() as session:
        return session.get_one(Delivery, delivery)


def test_what_is_claimed_has_all_that_it_is_made_of(rules, outbox):
    lab = rules.publish(name="mnist", title="MNIST")
    world = World(rules)
    run = world.ask()
    world.batches.stop(rules.ada, run.id)
    (parcel,) = outbox.claim(10)
    assert (parcel.user, parcel.channel, parcel.kind, parcel.tries) == ("ada", "webhook", "run.ended", 1)
    assert (parcel.webhook, parcel.secret, parcel.email) == ("https://ada.test/", "s3cret", None)
    assert parcel.run == rules.runs.get(rules.ada, run.id)
    assert parcel.run.lab == f"ada/{lab.name}"
    assert parcel.text == "“MNIST” was stopped."


def test_it_is_claimed_once_and_done_with_once_it_was_sent(rules, outbox):
    (delivery,) = fill(rules)
    (parcel,) = outbox.claim(10)
    assert outbox.claim(10) == []
    assert outbox.claim_one(delivery) is None
    outbox.sent(parcel)
    outbox.moved = timedelta(days=1)
    assert outbox.claim(10) == []
    assert row(rules, delivery).ended


def test_it_is_tried_six_times_in_about_an_hour(rules, outbox):
    (delivery,) = fill(rules)
    began = datetime.now(UTC)
    for number in range(1, 7):
        outbox.moved = row(rules, delivery).due - datetime.now(UTC) + timedelta(milliseconds=1)
        (parcel,) = outbox.claim(10)
        assert parcel.tries == number
        outbox.failed(parcel, "It answered\nwith the status 500.")
    found = row(rules, delivery)
    assert timedelta(minutes=45) < found.ended - began < timedelta(minutes=90)
    assert found.error == "It answered with the status 500."
    outbox.moved += timedelta(days=1)
    assert outbox.claim(10) == []


def test_what_never_will_arrive_is_given_up_at_once(rules, outbox):
    (delivery,) = fill(rules)
    (parcel,) = outbox.claim(10)
    outbox.failed(parcel, "There is no such address.", final=True)
    assert row(rules, delivery).ended


def test_who_died_leaves_it_to_the_next(rules, outbox):
    fill(rules)
    (lost,) = outbox.claim(10)
    outbox.moved = LEASE + timedelta(seconds=1)
    (taken,) = outbox.claim(10)
    assert (taken.id, taken.tries) == (lost.id, 2)
    # The first was only slow: what it says counts no longer.
    outbox.failed(lost, "Too late.", final=True)
    assert row(rules, lost.id).ended is None
    outbox.sent(taken)
    assert row(rules, lost.id).error is None


def test_what_kills_each_process_is_given_up(rules, outbox):
    (delivery,) = fill(rules)
    for number in range(6):
        outbox.moved = number * (LEASE + timedelta(seconds=1))
        assert len(outbox.claim(10)) == 1
    outbox.moved += LEASE + timedelta(seconds=1)
    assert outbox.claim(10) == []
    assert row(rules, delivery).error == CUT_SHORT


def test_nobody_takes_all_places(rules, outbox):
    fill(rules, 30, "ada")
    fill(rules, 1, "bob")
    assert sorted(parcel.user for parcel in outbox.claim(10)) == ["ada", "ada", "bob"]
    assert outbox.claim(0) == []
    assert len(outbox.claim(1)) == 1


def test_two_processes_never_take_the_same(rules, outbox):
    for user in ("ada", "bob"):
        fill(rules, 20, user)
    taken, failed, gate = [], [], threading.Barrier(4)

    def claim():
        try:
            gate.wait(20)
            for _ in range(20):
                taken.extend(parcel.id for parcel in outbox.claim(10))
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=claim) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []
    with rules.store.read() as session:
        everything = set(session.scalars(select(Delivery.id)))
    assert sorted(taken) == sorted(everything)
