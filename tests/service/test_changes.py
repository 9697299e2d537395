"""Which changes are told: those of runs, of who sees a lab, and of what pages say of it."""

from __future__ import annotations

import pytest
from service.run_bench import create, execute, told

from mlabs_ext import wire
from mlabs_ext.service.moderation import Moderation
from mlabs_ext.service.run_rows import find_run


@pytest.fixture
def changed(rules):
    """What was told so far in this process; what PostgreSQL tells others is tested with two services."""
    heard: list[set[str]] = []
    rules.store.on_changes.append(heard.append)
    return heard


def test_a_runs_life(rules, changed):
    lab = rules.publish(name="x")
    changed.clear()
    run = rules.runs.register(rules.ada, create())
    rules.runs.append(rules.ada, run.id, told(execute()))
    assert changed == [{f"run:{run.id}", f"page:{lab.id}"}] * 2
    rules.runs.delete(rules.ada, run.id)
    assert changed[2:] == [{f"run:{run.id}", f"page:{lab.id}", "pages"}]


def test_who_sees_a_lab(rules, changed):
    lab = rules.publish(name="x")
    changed.clear()
    rules.labs.change(rules.ada, "ada", "x", wire.LabChange(title="T"))
    assert changed == [{f"page:{lab.id}"}]
    changed.clear()
    rules.labs.change(rules.ada, "ada", "x", wire.LabChange(visibility="private"))
    Moderation(store=rules.store, addresses=rules.addresses).take_down(rules.admin, "ada", "x", "Why")
    rules.labs.delete(rules.ada, "ada", "x")
    assert [f"lab:{lab.id}" in told for told in changed] == [True] * 3


def test_what_is_not_committed_is_not_told(rules, changed):
    rules.publish(name="x")
    changed.clear()
    run = rules.runs.register(rules.ada, create())
    changed.clear()
    with pytest.raises(ZeroDivisionError), rules.store.write() as session:
        row = find_run(session, rules.ada, run.id)
        row.status = "failed"
        session.flush()
        raise ZeroDivisionError
    assert changed == []
