"""Which batch runs begin when, and what becomes of those that do not."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from service.batch_rules import PLANS, World

from mlabs_ext import wire
from mlabs_ext.errors import TooMany
from mlabs_ext.service.batch_queue import BatchQueue


@pytest.fixture
def world(rules):
    rules.publish(name="mnist")
    rules.publish(rules.bob, name="mnist")
    return World(rules)


@pytest.fixture
def planned(rules):
    rules.publish(name="mnist")
    rules.publish(rules.bob, name="mnist")
    return World(rules, PLANS)


def test_the_oldest_begin_first(world):
    runs = [world.ask().id for _ in range(3)]
    world.queue.max_running = 2
    assert world.claim() == runs[:2]
    assert world.claim() == []
    assert [world.get(run).status for run in runs] == ["starting", "starting", "queued"]


def test_a_run_takes_its_place_until_its_server_is_gone(planned):
    first, second = planned.ask(), planned.ask()
    assert planned.claim() == [first.id]
    server = planned.server(first)
    planned.begin(first)
    assert planned.claim() == []
    planned.end(first, "succeeded")
    assert planned.claim() == []
    planned.server_ends(server)
    assert planned.claim() == [second.id]


def test_everybody_has_their_turn(world, rules):
    mine = [world.ask().id for _ in range(4)]
    theirs = [world.ask(viewer=rules.bob).id for _ in range(2)]
    world.queue.max_running = 4
    assert world.claim() == [mine[0], theirs[0], mine[1], theirs[1]]


def test_servers_of_runs_take_no_place_of_labs(planned, rules):
    """And the other way round."""

    def open_lab(lab):
        asked = wire.ServerCreate(
            f"01JCQ3W3T9V0Q8X5H7ZK2M00{lab[-2:].upper()}", "ada", f"ada/{lab}", lab, "python"
        )
        return rules.servers.reserve(rules.spawner, asked)

    run = planned.ask()
    planned.claim()
    planned.server(run)
    open_lab("mnist-01")
    with pytest.raises(TooMany) as raised:
        open_lab("mnist-02")
    assert raised.value.detail["labs"] == ["ada/mnist-01"]
    other = planned.ask()
    assert planned.claim() == []
    with pytest.raises(TooMany) as raised:
        planned.server(other)
    assert raised.value.code == "too_many_runs"


def test_the_server_of_a_run_is_not_the_one_of_its_lab(planned, rules):
    run = planned.ask()
    planned.claim()
    planned.server(run)
    outlook = planned.batches.starts.look(
        rules.ada, wire.RuntimeChoice("python"), rules.labs.get(rules.ada, "ada", "mnist")
    )
    assert (outlook.ok, outlook.running, outlook.others) == (True, None, [])


def test_one_that_has_no_place_waits_at_its_old_one(world):
    first, second = world.ask().id, world.ask().id
    world.queue.max_running = 1
    assert world.claim() == [first]
    for _ in range(20):
        world.queue.again(first, 30, counts=False)
        assert world.get(first).status == "queued"
        world.moved += timedelta(seconds=31)
        assert world.claim() == [first]
    world.queue.again(first, 30, counts=False)
    assert world.claim() == [second]


def test_one_that_the_hub_cannot_start_is_given_up_in_the_end(world):
    run = world.ask().id
    for _ in range(world.queue.max_tries - 1):
        assert world.claim() == [run]
        world.queue.again(run)
        world.moved += timedelta(minutes=11)
    assert world.claim() == [run]
    world.queue.again(run, words="The environment cannot be installed.")
    ended = world.get(run)
    assert (ended.status, ended.error.ename) == ("failed", "NotStarted")
    assert "5 times in a row" in ended.error.evalue
    assert ended.error.evalue.endswith("The environment cannot be installed.")
    assert world.claim() == []


def test_one_that_is_refused_says_why(world):
    run = world.ask()
    world.claim()
    world.queue.refused(run.id, "pytorch is not installed.")
    ended = world.get(run)
    assert (ended.status, ended.error.evalue) == ("failed", "pytorch is not installed.")
    world.queue.refused(run.id, "Something else.")
    world.queue.lost(run.id)
    assert world.get(run) == ended
    # A server that comes up after all changes nothing.
    assert world.begin(run) == ended


def test_one_that_is_never_heard_of(world):
    run = world.ask()
    world.claim()
    world.queue.lost(run.id)
    assert (world.get(run).status, world.get(run).reason) == ("lost", "lost")
    assert world.begin(run).status == "running"


def test_silence_ends_only_what_runs(world, rules):
    """What waits, or starts, says nothing."""
    world.queue.max_running = 2
    runs = [world.ask() for _ in range(3)]
    world.claim()
    world.begin(runs[0])
    world.moved = timedelta(hours=1)
    assert rules.runs.sweep(world.now()) == 1
    assert [world.get(run).status for run in runs] == ["lost", "starting", "queued"]
    assert world.get(runs[0]).reason == "lost"


def test_nothing_is_lost_while_nobody_listened(world, rules):
    run = world.ask()
    world.claim()
    world.begin(run)
    world.moved = timedelta(hours=1)
    rules.runs.listening = world.now()
    assert rules.runs.sweep(world.now()) == 0
    assert world.get(run).status == "running"


def test_what_waits_in_a_lab_that_is_deleted_does_not_begin(world, rules):
    waiting = world.ask()
    rules.labs.delete(rules.ada, "ada", "mnist")
    world.queue.drop_deleted()
    assert world.claim() == []
    rules.labs.restore(rules.ada, "ada", "mnist")
    assert (world.get(waiting).status, world.get(waiting).reason) == ("stopped", "stopped")
    assert "trash" in world.get(waiting).error.evalue


def test_what_has_ended_is_cleared_away_once(world, rules):
    ended, going, never = world.ask(), world.ask(), world.ask()
    world.queue.max_running = 2
    world.claim()
    for run in (ended, going):
        world.begin(run)
    world.end(ended, "succeeded")
    world.batches.stop(rules.ada, never.id)
    world.moved = timedelta(seconds=2)
    assert [place.run for place in world.queue.ended()] == [ended.id]
    world.queue.settle(ended.id)
    assert world.queue.ended() == []


def test_the_server_of_a_lost_run_is_left_alone_for_a_while(world, rules):
    """It may be cut off only: what it records is still delivered."""
    run = world.ask()
    world.claim()
    world.begin(run)
    world.moved = timedelta(minutes=10)
    rules.runs.sweep(world.now())
    assert world.get(run).status == "lost"
    assert world.queue.ended() == []
    world.moved = timedelta(hours=2)
    assert [place.run for place in world.queue.ended()] == [run.id]


def test_one_that_does_not_stop(world, rules):
    run = world.ask()
    world.claim()
    world.begin(run)
    world.batches.stop(rules.ada, run.id)
    assert world.queue.unresponsive() == []
    world.moved = timedelta(seconds=61)
    assert [place.run for place in world.queue.unresponsive()] == [run.id]


def test_several_processes_claim_each_run_once(world, rules, store):
    runs = {world.ask().id for _ in range(12)}
    shared = {name: getattr(world.queue, name) for name in ("blobs", "catalogue", "addresses", "plans")}
    queues = [BatchQueue(store=store, max_running=10, **shared) for _ in range(4)]
    claimed = []

    def claim(queue):
        claimed.extend(place.run for place in queue.claim())

    threads = [threading.Thread(target=claim, args=(queue,)) for queue in queues * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == len(set(claimed)) == 10
    assert set(claimed) < runs
    assert [place.run for place in world.queue.starting()] == sorted(claimed)


def test_stopped_while_it_starts(world, rules):
    """Its server may come up all the same: it is cleared away, and finds nothing to do."""
    run = world.ask()
    world.claim()
    assert world.batches.stop(rules.ada, run.id).status == "stopped"
    assert not world.queue.is_starting(run.id)
    assert world.begin(run).status == "stopped"
    world.moved = timedelta(seconds=2)
    assert [place.run for place in world.queue.ended()] == [run.id]
