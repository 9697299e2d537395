"""What plans give to servers: places, hours and ends; what is over them is refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from service.server_rules import hub as hub
from service.server_rules import refused

from mlabs_ext import wire
from mlabs_ext.errors import TooMany
from mlabs_ext.service.ledger import HOUR


def test_without_plans_everything_is_allowed_and_recorded(hub, rules):
    hub.configure({})
    ids = [hub.start(accelerator="gpu", environment="pytorch") for _ in range(20)]
    grant = hub.ask()
    assert (grant.plan, grant.memory, grant.cpus, grant.idle_timeout, grant.ends) == (
        "unlimited",
        *[None] * 4,
    )
    assert hub.mine() == [*ids, grant.id]
    hub.wait(hours=2)
    assert hub.used().gpu_hours == 40
    assert all(end.ends is None for end in hub.alive(*ids).values())


def test_a_grant_says_what_the_server_gets(hub):
    grant = hub.ask()
    assert grant == wire.Grant(grant.id, "free", 2 << 30, 1.5, None, hub.time + HOUR)
    grant = hub.ask("bob", groups=["staff"])
    assert grant == wire.Grant(grant.id, "pro", None, None, 600, None)


def test_the_same_request_again_gets_the_same_place(hub):
    grant = hub.ask(server="lab")
    assert hub.ask(server="lab", id=grant.id) == grant
    assert hub.mine() == [grant.id]
    refused(lambda: hub.ask("bob", id=grant.id), "server_exists", 409)
    hub.change(grant.id, ended=hub.time)
    refused(lambda: hub.ask(server="lab", id=grant.id), "server_ended", 409)


def test_places_are_given_and_given_back(hub):
    id = hub.start(server="one")
    error = refused(hub.ask, "too_many_servers", 429)
    assert isinstance(error, TooMany)
    assert error.detail == {"retry_after": 30, "labs": ["ada/one"]}
    assert error.message == (
        "Your plan 'free' runs one server at a time. Stop ada/one first, or try again later."
    )
    hub.ask("bob")
    hub.change(id, ended=hub.time)
    hub.ask()


def test_parallel_requests_for_the_last_place_get_one(hub):
    hub.configure({"free": {"concurrent_servers": 3}})
    hub.start()
    hub.start()

    def ask(_):
        try:
            return hub.ask().id
        except TooMany as refusal:
            return refusal.code

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(ask, range(50)))
    assert answers.count("too_many_servers") == 49
    assert len(hub.mine()) == 3


@pytest.mark.parametrize(
    ("asked", "code", "status", "says"),
    [
        ({"accelerator": "gpu", "environment": "pytorch"}, "plan_forbids", 403, "It is in the plan 'pro'"),
        ({"environment": "theano", "groups": ["pro"]}, "plan_forbids", 403, "It is in the plan 'free'"),
        ({"environment": "nope"}, "environment_unknown", 422, "There is no environment 'nope'"),
        ({"accelerator": "tpu"}, "accelerator_unknown", 422, "no accelerator 'tpu'"),
        ({"user": "a\0b"}, "fields_invalid", 422, "NUL"),
        ({"server": "a\0b"}, "lab_reference_invalid", 400, "not a lab"),
    ],
    ids=["accelerator", "environment", "unknown environment", "unknown accelerator", "user", "lab"],
)
def test_what_is_refused(hub, asked, code, status, says):
    error = refused(lambda: hub.ask(**asked), code, status)
    assert says in error.message
    assert hub.mine() == []


def test_hours_that_are_used_up_are_said_until_the_month_ends(hub):
    hub.configure({"free": {"cpu_hours": 10}, "pro": {"groups": ["pro"], "gpu_hours": 1}})
    id = hub.start()
    hub.wait(hours=10)
    hub.change(id, ended=hub.time)
    error = refused(hub.ask, "plan_used_up", 429)
    assert error.message.startswith(
        "Your plan's 10 server hours of this month are used up. There are new ones"
    )
    end = hub.rules.people.me(hub.rules.ada).period_end
    assert error.detail["retry_after"] == (end - hub.time).total_seconds()
    held = hub.start(user="bob", groups=["pro"], environment="pytorch", accelerator="gpu")
    hub.wait(hours=1)
    hub.change(held, ended=hub.time)
    gpu = {"user": "bob", "groups": ["pro"], "environment": "pytorch"}
    assert "GPU hours" in refused(lambda: hub.ask(**gpu, accelerator="gpu"), "plan_used_up", 429).message
    hub.ask(**gpu)
    hub.time = end
    hub.ask()
    hub.ask(**gpu, accelerator="gpu")


def test_hours_on_lent_machines_are_counted_apart_from_those_of_gpus(hub):
    hub.configure({"free": {"gpu_hours": 5, "community_hours": 2, "cpu_hours": 10}})
    hub.rules.catalogue.community, hub.rules.catalogue.local = True, False
    lent, gpu = {"accelerator": "community"}, {"environment": "pytorch", "accelerator": "gpu"}
    first, second, held = hub.start(**lent), hub.start(**lent), hub.start(**gpu)
    ends = hub.alive(first, second, held)
    said = "Your plan's 2 hours on community machines of this month are used up"
    assert ends[first] == wire.ServerEnd(first, hub.time + HOUR, said)
    assert ends[held].reason == "Your plan's 10 server hours of this month are used up"
    hub.wait(hours=1)
    for id in (first, second, held):
        hub.change(id, ended=hub.time)
    assert refused(lambda: hub.ask(**lent), "plan_used_up", 429).message.startswith(said)
    hub.ask(**gpu)
    usage = hub.rules.people.me(hub.rules.ada).usage
    assert (usage.cpu_hours, usage.gpu_hours, usage.community_hours) == (3, 1, 2)
    assert hub.servers.measure()[1:] == (3, 1, 2)


def test_a_plan_without_a_word_on_lent_machines_has_none(hub):
    hub.configure({"free": {"gpu_hours": 5}, "lent": {"groups": ["lent"], "community_hours": 2}})
    hub.rules.catalogue.community, hub.rules.catalogue.local = True, False
    error = refused(lambda: hub.ask(accelerator="community"), "plan_forbids", 403)
    assert "It is in the plan 'lent'" in error.message


def test_a_microsecond_that_is_left_may_be_used(hub):
    hub.configure({"free": {"cpu_hours": 1}})
    id = hub.start()
    hub.change(id, ended=hub.time + HOUR - timedelta(microseconds=1))
    hub.wait(hours=2)
    assert hub.ask().ends == hub.time + timedelta(microseconds=1)


def test_ends_share_what_is_left(hub):
    """4 hours for GPUs are left; two that hold one use them up in two; all servers share 10 hours."""
    hub.configure({"free": {"cpu_hours": 10, "gpu_hours": 4, "longest_run": 6 * 3600}})
    gpu = {"environment": "pytorch", "accelerator": "gpu"}
    first, second, third = hub.start(**gpu), hub.start(**gpu), hub.start()
    ends = hub.alive(first, second, third)
    assert ends[first] == wire.ServerEnd(
        first, hub.time + 2 * HOUR, "Your plan's 4 GPU hours of this month are used up"
    )
    assert ends[second].ends == hub.time + 2 * HOUR
    assert ends[third].ends == hub.time + 10 * HOUR / 3
    assert ends[third].reason == "Your plan's 10 server hours of this month are used up"
    hub.wait(hours=1)
    hub.change(second, ended=hub.time)
    ends = hub.alive(first, third)
    assert ends[first].ends == hub.time + 2 * HOUR
    assert ends[third].ends == hub.time + 3.5 * HOUR
    hub.change(first, ended=hub.time)
    ends = hub.alive(third)
    assert ends[third].ends == hub.time + 5 * HOUR
    assert ends[third].reason == "Servers of the plan 'free' run at most 6 hours"


def test_ends_go_on_into_the_next_month(hub):
    hub.configure({"free": {"cpu_hours": 10}})
    hub.time = datetime(2026, 2, 28, 22, tzinfo=UTC)
    id = hub.start()
    assert hub.alive(id)[id].ends == datetime(2026, 3, 1, 10, tzinfo=UTC)


def test_a_second_server_brings_the_end_of_the_first_nearer(hub):
    hub.configure({"free": {"cpu_hours": 8}})
    first = hub.start()
    assert hub.alive(first)[first].ends == hub.time + 8 * HOUR
    assert hub.ask().ends == hub.time + 4 * HOUR
    assert hub.alive(first)[first].ends == hub.time + 8 * HOUR, "it has not started yet"
    hub.start()
    assert hub.alive(first)[first].ends == hub.time + 4 * HOUR


def test_what_is_overdue_is_found_with_its_reason(hub):
    id = hub.start(server="lab")
    hub.wait(seconds=3599)
    assert hub.servers.overdue() == []
    hub.wait(seconds=1)
    (overdue,) = hub.servers.overdue()
    reason = "Servers of the plan 'free' run at most 1 hour"
    assert overdue == (id, "ada", "lab", reason)
    assert hub.servers.condemn(id, reason)
    assert hub.change(id, ended=hub.time, reason="The hub says something else").reason == reason
    assert hub.servers.overdue() == []
    assert not hub.servers.condemn(id, "x")


def test_a_reservation_is_never_overdue(hub):
    hub.ask()
    hub.wait(hours=5)
    assert hub.servers.overdue() == []


def test_a_better_plan_counts_for_servers_that_run(hub, rules):
    id = hub.start()
    rules.plans.give(rules.admin, "ada", "pro")
    assert hub.alive(id)[id].ends is None
    rules.plans.give(rules.admin, "ada", None)
    assert hub.alive(id)[id].ends == hub.time + HOUR
