"""What becomes of a batch run by the hub's word on its server."""

from __future__ import annotations

from datetime import timedelta

import pytest
from service.batch_rules import World

from mlabs_ext import wire
from mlabs_ext.service.batch_state import BY_ADMIN

LIMIT = "Servers of the plan 'short' run at most 1 minute"


@pytest.fixture
def world(rules):
    rules.publish(name="mnist")
    return World(rules)


@pytest.fixture
def going(world):
    """A run that goes on, and its server."""
    run = world.ask()
    world.claim()
    server = world.server(run)
    world.begin(run)
    return run, server


def test_it_begins_when_its_server_says_so(world, going):
    run, _ = going
    begun = world.get(run)
    assert (begun.status, begun.image) == ("running", "image-1")
    assert begun.started > run.started
    assert world.begin(run) == begun


@pytest.mark.parametrize(
    ("condemned", "said", "asked", "status", "reason"),
    [
        pytest.param(None, "The server ended by itself.", False, "lost", "lost", id="killed"),
        pytest.param(None, "The hub lost it.", False, "lost", "lost", id="lost by the hub"),
        pytest.param(None, None, False, "stopped", "stopped", id="stopped at the hub"),
        pytest.param(LIMIT, None, False, "stopped", "limit", id="a plan's limit"),
        pytest.param(BY_ADMIN, None, False, "stopped", "stopped", id="by an administrator"),
        pytest.param(None, "The server ended by itself.", True, "stopped", "stopped", id="asked to stop"),
        pytest.param(LIMIT, None, True, "stopped", "stopped", id="asked to stop before the limit"),
    ],
)
@pytest.mark.parametrize("how", ["silent", "told"])
def test_its_server_ends_first(world, rules, going, condemned, said, asked, status, reason, how):
    """Whether the server could still say that it is stopped, or not."""
    run, server = going
    if asked:
        world.batches.stop(rules.ada, run.id)
    if condemned:
        rules.servers.condemn(server, condemned)
    if how == "told" and status == "stopped":
        world.end(run, "stopped")
    world.server_ends(server, said)
    ended = world.get(run)
    assert (ended.status, ended.reason, ended.error) == (status, reason, None)
    assert ended.ended and ended.duration >= 0


def test_a_run_that_has_ended_stays_as_it_is(world, going):
    run, server = going
    world.end(run, "failed", "timeout")
    ended = world.get(run)
    world.server_ends(server, "The server ended by itself.")
    assert world.get(run) == ended
    assert (ended.status, ended.reason) == ("failed", "timeout")


def test_what_was_on_its_way_counts_more(world, going):
    """The hub's word may be faster than the run's own last events."""
    run, server = going
    world.server_ends(server, "The server ended by itself.")
    assert world.get(run).status == "lost"
    world.end(run, "succeeded")
    assert (world.get(run).status, world.get(run).reason) == ("succeeded", None)


def test_a_start_that_fails_is_no_end_of_the_run(world):
    """The loop that asked for it hears of that, and of the reason, from the hub."""
    run = world.ask()
    world.claim()
    server = world.server(run, started=False)
    world.server_ends(server)
    assert world.get(run).status == "starting"


def test_a_server_that_dies_before_its_run_begins(world):
    run = world.ask()
    world.claim()
    world.server_ends(world.server(run), "The server ended by itself.")
    assert (world.get(run).status, world.get(run).reason) == ("lost", "lost")


def test_a_server_that_falls_silent(world, rules, going):
    run, _ = going
    world.moved += timedelta(seconds=rules.servers.lost_after + 60)
    assert rules.servers.sweep(world.now()) == 1
    assert (world.get(run).status, world.get(run).reason) == ("lost", "lost")


def test_labs_servers_have_nothing_to_do_with_it(world, rules, going):
    run, _ = going
    other = "01JCQ3W3T9V0Q8X5H7ZK2M0001"
    rules.servers.reserve(rules.spawner, wire.ServerCreate(other, "ada", "ada/mnist", "mnist", "python"))
    rules.servers.change(rules.spawner, other, wire.ServerChange(started=world.now()))
    world.server_ends(other, "The server ended by itself.")
    assert world.get(run).status == "running"
