"""Which changes wake watchers: those of runs, and of who sees a lab."""

from __future__ import annotations

import pytest
from service.test_runs import create, execute, told

from mlabs_ext import wire
from mlabs_ext.service.moderation import Moderation
from mlabs_ext.service.run_rows import find_run


@pytest.fixture
def changed(rules):
    """What was told so far, by SQLite's way; PostgreSQL's is tested with two services."""
    if not rules.store.is_sqlite:
        pytest.skip("PostgreSQL tells it itself: see test_live_notify.py")
    heard: list[set[str]] = []
    rules.store.on_changes = heard.append
    return heard


def test_a_runs_life(rules, changed):
    lab = rules.publish(name="x")
    changed.clear()
    run = rules.runs.register(rules.ada, create())
    rules.runs.append(rules.ada, run.id, told(execute()))
    rules.runs.delete(rules.ada, run.id)
    assert changed == [{f"run:{run.id}"}] * 3
    assert lab.id not in str(changed)


def test_who_sees_a_lab(rules, changed):
    lab = rules.publish(name="x")
    changed.clear()
    rules.labs.change(rules.ada, "ada", "x", wire.LabChange(title="T"))
    assert changed == []
    rules.labs.change(rules.ada, "ada", "x", wire.LabChange(visibility="private"))
    Moderation(store=rules.store, addresses=rules.addresses).take_down(rules.admin, "ada", "x", "Why")
    rules.labs.delete(rules.ada, "ada", "x")
    assert changed == [{f"lab:{lab.id}"}] * 3


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
