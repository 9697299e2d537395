"""The trash: nothing is gone at once, and names are free at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from ulid import ULID

from mlabs_ext import wire
from mlabs_ext.errors import Forbidden, NotFound


def a_run(lab: str) -> wire.RunCreate:
    return wire.RunCreate(str(ULID()), lab, datetime.now(UTC), "python")


def test_delete_and_restore(rules):
    before = rules.publish(name="x")
    rules.labs.delete(rules.ada, "ada", "x")
    with pytest.raises(NotFound):
        rules.labs.delete(rules.ada, "ada", "x")
    ((lab, deleted),) = rules.labs.trash(rules.ada)
    assert lab.id == before.id
    assert deleted >= before.created
    assert rules.labs.trash(rules.bob) == []
    assert rules.labs.restore(rules.ada, "ada", "x").id == before.id
    assert rules.labs.trash(rules.ada) == []
    assert rules.versions.get(rules.nobody, "ada", "x", 1).number == 1


def test_a_restored_lab_is_numbered_where_its_name_was_taken(rules):
    old = rules.publish(name="x")
    rules.labs.delete(rules.ada, "ada", "x")
    new = rules.publish(name="x")
    restored = rules.labs.restore(rules.ada, "ada", "x")
    assert (restored.id, restored.name) == (old.id, "x-2")
    assert rules.labs.get(rules.ada, "ada", "x").id == new.id


def test_of_two_with_one_name_the_last_deleted_comes_back_first(rules):
    ids = []
    for _ in range(2):
        ids.append(rules.publish(name="x").id)
        rules.labs.delete(rules.ada, "ada", "x")
    assert [lab.id for lab, _ in rules.labs.trash(rules.ada)] == ids[::-1]
    assert rules.labs.restore(rules.ada, "ada", "x").id == ids[1]


def test_forks_are_counted_while_they_are_there(rules):
    rules.publish(name="x")
    rules.labs.fork(rules.bob, "ada", "x", wire.ForkCreate())

    def count() -> int:
        return rules.labs.get(rules.nobody, "ada", "x").forks

    assert count() == 1
    rules.labs.delete(rules.bob, "bob", "x")
    assert count() == 0
    rules.labs.restore(rules.bob, "bob", "x")
    assert count() == 1


def test_runs_of_a_lab_in_the_trash_are_there_when_it_is_restored(rules):
    rules.publish(name="x")
    begun = [rules.runs.register(rules.ada, a_run("ada/x"))]
    rules.labs.delete(rules.ada, "ada", "x")
    begun.append(rules.runs.register(rules.ada, a_run("ada/x")))
    ended = wire.RunEvent(1, "end", rules.labs.now(), None, {"status": "succeeded"})
    for run in begun:
        assert rules.runs.append(rules.ada, run.id, [ended]).acknowledged == 1
    for viewer in (rules.ada, rules.bob, rules.nobody):
        with pytest.raises(NotFound):
            rules.labs.get(viewer, "ada", "x")
        with pytest.raises(NotFound):
            rules.runs.list_of_lab(viewer, "ada", "x")
    lab = rules.labs.restore(rules.ada, "ada", "x")
    runs, _ = rules.runs.list_of_lab(rules.nobody, "ada", "x")
    assert {(run.id, run.status) for run in runs} == {(run.id, "succeeded") for run in begun}
    assert lab.runs == 2


@pytest.mark.parametrize("who", ["bob", "admin"])
def test_nobody_else_records_runs_of_a_lab_in_the_trash(rules, who):
    rules.publish(name="x")
    run = rules.runs.register(rules.ada, a_run("ada/x"))
    rules.labs.delete(rules.ada, "ada", "x")
    viewer = getattr(rules, who)
    with pytest.raises(NotFound):
        rules.runs.register(viewer, a_run("ada/x"))
    with pytest.raises(NotFound):
        rules.runs.append(viewer, run.id, [])


def test_a_run_is_of_the_lab_that_has_the_name_now(rules):
    rules.publish(name="x")
    rules.labs.delete(rules.ada, "ada", "x")
    rules.publish(name="x")
    rules.runs.register(rules.ada, a_run("ada/x"))
    assert rules.labs.get(rules.ada, "ada", "x").runs == 1
    assert rules.labs.restore(rules.ada, "ada", "x").runs == 0


@pytest.mark.parametrize(("days", "left"), [(29, 1), (31, 0)])
def test_the_trash_is_emptied_after_30_days(rules, days, left):
    rules.publish(name="x")
    rules.labs.delete(rules.ada, "ada", "x")
    rules.labs.empty_trash(rules.labs.now() + timedelta(days=days))
    assert len(rules.labs.trash(rules.ada)) == left


def test_the_trash_is_ones_own(rules):
    with pytest.raises(Forbidden):
        rules.labs.trash(rules.nobody)
