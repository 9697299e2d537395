"""Who sets schedules, and what is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from service.batch_rules import PLANS
from service.schedule_bench import MONDAY, Scheduled
from service.schedule_bench import world as world

from mlabs_ext import wire
from mlabs_ext.errors import Forbidden, NotFound, TooMany, Unusable


def test_it_is_kept_as_it_was_set(world):
    given = {"cron": "0 6 * * 1", "timezone": "Asia/Tokyo", "image": "current", "timeout": 60.0}
    set_, shown = world.put(**given, parameters={"rate": 1}, accelerator="none"), world.shown()
    assert set_ == shown
    assert {name: getattr(shown, name) for name in given} == given
    assert (shown.parameters, shown.accelerator, shown.environment) == ({"rate": 1}, "none", None)
    assert shown.next == MONDAY + timedelta(days=6, hours=9)
    assert (shown.lab, shown.last, shown.failures) == ("ada/mnist", None, 0)


def test_another_one_takes_its_place(world):
    world.put(parameters={"rate": 1})
    world.put(cron="@daily")
    assert (world.shown().cron, world.shown().parameters) == ("0 0 * * *", None)


def test_it_is_paused_resumed_and_removed(world, rules):
    assert world.put(paused=True).next is None
    assert world.pass_by(days=1) == []
    assert world.put().paused is None
    paused = world.schedules.pause(rules.ada, "ada", "mnist")
    assert (paused.paused, paused.reason, paused.upcoming) == (world.clock, None, [])
    assert world.schedules.pause(rules.ada, "ada", "mnist", paused=False).next > world.clock
    world.schedules.delete(rules.ada, "ada", "mnist")
    for ask in (world.schedules.get, world.schedules.delete, world.schedules.pause):
        with pytest.raises(NotFound) as raised:
            ask(rules.ada, "ada", "mnist")
        assert raised.value.code == "schedule_not_found"
    assert world.pass_by(days=1) == []


def test_it_is_its_owners(world, rules):
    world.put()
    fields = wire.ScheduleChange(cron="@daily")
    for ask in (
        lambda: world.schedules.get(rules.bob, "ada", "mnist"),
        lambda: world.schedules.set(rules.bob, "ada", "mnist", fields),
        lambda: world.schedules.delete(rules.bob, "ada", "mnist"),
        lambda: world.schedules.pause(rules.bob, "ada", "mnist"),
        lambda: world.schedules.set(rules.admin, "ada", "mnist", fields),
    ):
        with pytest.raises(NotFound) as raised:
            ask()
        assert raised.value.code == "lab_not_found"


def test_an_administrator_sees_and_ends_it_but_runs_nothing(world, rules):
    world.put()
    assert world.schedules.get(rules.admin, "ada", "mnist").cron == "0 * * * *"
    world.schedules.pause(rules.admin, "ada", "mnist")
    with pytest.raises(Forbidden):
        world.schedules.pause(rules.admin, "ada", "mnist", paused=False)
    world.schedules.delete(rules.admin, "ada", "mnist")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"cron": "* * * * *"}, "schedule_too_often"),
        ({"cron": "every day"}, "cron_invalid"),
        ({"timezone": "Mars/Base"}, "timezone_unknown"),
        ({"parameters": {"a b": 1}}, "parameters_invalid"),
        ({"environment": "fortran"}, "environment_unknown"),
        ({"accelerator": "gpu"}, "accelerator_unknown"),
    ],
)
def test_what_could_never_run_is_refused(world, fields, code):
    with pytest.raises(Unusable) as raised:
        world.put(**fields)
    assert raised.value.code == code
    assert world.schedules.find(world.rules.ada, "ada", "mnist") is None


def test_closer_ones_where_the_administrator_lets_them(world):
    world.schedules.min_interval = 300
    assert world.put(cron="*/5 * * * *").next == MONDAY + timedelta(minutes=5)
    with pytest.raises(Unusable) as raised:
        world.put(cron="*/4 * * * *")
    assert "at least 5 minutes" in raised.value.message


def test_a_draft_has_nothing_to_run(world, rules):
    rules.labs.create(rules.ada, wire.LabCreate(name="draft"), None)
    with pytest.raises(Unusable) as raised:
        world.put("draft")
    assert raised.value.code == "lab_is_draft"


def test_what_the_plan_does_not_have_is_refused(rules):
    rules.publish(name="mnist", environment="pytorch")
    world = Scheduled(rules, PLANS)
    with pytest.raises(Forbidden) as raised:
        world.put()
    assert raised.value.code == "plan_forbids"
    assert world.put(environment="python").environment == "python"


def test_a_person_has_so_many(world, rules):
    world.schedules.max_per_person = 2
    for name in ("b", "c"):
        rules.publish(name=name)
    rules.publish(rules.bob, name="theirs")
    world.put()
    world.put("b")
    with pytest.raises(TooMany) as raised:
        world.put("c")
    assert raised.value.code == "too_many_schedules"
    world.put("b", cron="@daily")
    world.put("theirs", rules.bob)
    world.schedules.delete(rules.ada, "ada", "b")
    world.put("c")
