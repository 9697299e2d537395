"""Runs: who registers, sees and deletes them, what they count for, and when one is lost."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from service.run_bench import START, append, create, done, end, execute, told

from mlabs_ext import wire
from mlabs_ext.errors import BadInput, Conflict, Forbidden, NotFound, Unusable


def test_a_run_belongs_to_the_latest_version(rules, run):
    assert (run.lab, run.version, run.user, run.status, run.busy) == ("ada/x", 1, "ada", "running", False)
    assert (run.started, run.ended, run.duration, run.cells) == (START, None, None, 0)
    assert run.url == f"/services/mlabs/@ada/x/runs/{run.id}"
    lab = rules.labs.get(rules.nobody, "ada", "x")
    assert (lab.runs, lab.live) == (1, True)


def test_registering_again_changes_nothing(rules, run):
    again = rules.runs.register(rules.ada, create(id=run.id, environment="jax"))
    assert again == run
    assert rules.labs.get(rules.nobody, "ada", "x").runs == 1
    rules.publish(name="y")
    rules.publish(rules.bob, name="x")
    for viewer, lab in ((rules.ada, "ada/y"), (rules.bob, "bob/x")):
        with pytest.raises(Conflict):
            rules.runs.register(viewer, create(lab, id=run.id))


@pytest.mark.parametrize(
    ("who", "fields", "error"),
    [
        ("nobody", {}, Forbidden),
        ("spawner", {}, Forbidden),
        ("bob", {}, NotFound),
        ("admin", {}, NotFound),
        ("ada", {"lab": "ada/absent"}, NotFound),
        ("ada", {"lab": "nothing"}, BadInput),
        ("ada", {"started": datetime(1, 1, 1, tzinfo=UTC)}, Unusable),
        ("ada", {"image": "a\0"}, Unusable),
        ("ada", {"environment": "\0"}, Unusable),
    ],
    ids=lambda value: str(value)[:40],
)
def test_runs_that_cannot_be_registered(rules, who, fields, error):
    rules.publish(name="x")
    with pytest.raises(error):
        rules.runs.register(getattr(rules, who), create(**fields))


@pytest.mark.parametrize(
    ("state", "seen_by"),
    [
        ("public", {"nobody", "bob", "ada", "admin"}),
        ("unlisted", {"nobody", "bob", "ada", "admin"}),
        ("private", {"ada", "admin"}),
        ("draft", {"ada", "admin"}),
        ("deleted", {"ada", "admin"}),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_who_sees_runs(rules, state, seen_by):
    if state == "draft":
        rules.labs.create(rules.ada, wire.LabCreate(name="x"), None)
    else:
        rules.publish(name="x", visibility="public" if state == "deleted" else state)
    run = rules.runs.register(rules.ada, create())
    if state == "deleted":
        rules.labs.delete(rules.ada, "ada", "x")
    for who in ("nobody", "bob", "ada", "admin"):
        for rule in (rules.runs.get, rules.runs.events, rules.runs.notebook):
            assert allowed(rule, getattr(rules, who), run.id) == (who in seen_by), who
    assert [r.id for r in rules.runs.list_of_user(rules.ada)[0]] == [run.id]
    assert rules.runs.list_of_user(rules.bob)[0] == []


def allowed(rule, viewer, run_id) -> bool:
    try:
        rule(viewer, run_id)
    except NotFound as error:
        assert error.code == "run_not_found"
        return False
    return True


def test_runs_of_a_draft_stay_the_owners_after_publishing(rules, make_notebook):
    rules.labs.create(rules.ada, wire.LabCreate(name="x"), None)
    rules.runs.register(rules.ada, create())
    notebook = json.dumps(make_notebook("1")).encode()
    rules.versions.add(rules.ada, "ada", "x", wire.VersionCreate(notebook=b"{}"), notebook)
    assert rules.runs.list_of_lab(rules.nobody, "ada", "x")[0] == []
    assert len(rules.runs.list_of_lab(rules.ada, "ada", "x")[0]) == 1
    assert rules.labs.get(rules.nobody, "ada", "x").runs == 0


def test_usage_counts_every_run_until_it_is_deleted(rules):
    """Drafts' runs too, and those of labs in the trash."""

    def counted() -> int:
        return rules.people.me(rules.ada).usage.runs

    rules.labs.create(rules.ada, wire.LabCreate(name="x"), None)
    rules.publish(name="y")
    runs = [rules.runs.register(rules.ada, create(lab)) for lab in ("ada/x", "ada/y", "ada/y")]
    rules.runs.register(rules.ada, create("ada/y", id=runs[2].id))
    assert counted() == 3
    for run in runs[:2]:
        rules.runs.delete(rules.ada, run.id)
    assert counted() == 1
    rules.labs.delete(rules.ada, "ada", "y")
    assert counted() == 1
    rules.labs.empty_own_trash(rules.ada)
    assert counted() == 0


def test_lists_filter_and_page(rules):
    rules.publish(name="x")
    for n in range(6):
        started = START + timedelta(hours=n)
        fields = {"environment": "jax" if n % 2 else "python", "kind": "batch" if n == 4 else "interactive"}
        run = rules.runs.register(rules.ada, create(started=started, **fields))
        if n < 2:
            rules.runs.append(rules.ada, run.id, told(end("failed")))

    def hours(**asked) -> list[int]:
        return [r.started.hour - 12 for r in rules.runs.list_of_lab(rules.nobody, "ada", "x", **asked)[0]]

    assert hours() == [5, 4, 3, 2, 1, 0]
    assert hours(environment="jax") == [5, 3, 1]
    assert hours(status="failed") == [1, 0]
    assert hours(kind="batch") == [4]
    assert hours(since=START + timedelta(hours=2), until=START + timedelta(hours=4)) == [3, 2]
    assert hours(status="a\0b") == []
    page, cursor = rules.runs.list_of_user(rules.ada, limit=4)
    rest, end_ = rules.runs.list_of_user(rules.ada, limit=4, cursor=cursor)
    assert [r.started.hour - 12 for r in page + rest] == [5, 4, 3, 2, 1, 0]
    assert end_ is None


def test_a_run_that_falls_silent_is_lost_until_it_is_heard_of(rules, run):
    append(rules, run, execute())
    now = rules.runs.now()
    assert rules.runs.sweep(now + timedelta(seconds=299)) == 0
    assert rules.runs.sweep(now + timedelta(seconds=301)) == 1
    lost = rules.runs.get(rules.ada, run.id)
    assert (lost.status, lost.busy) == ("lost", False)
    assert lost.ended is not None
    assert rules.runs.append(rules.ada, run.id, []).acknowledged == 1
    assert rules.runs.get(rules.ada, run.id).status == "running"
    rules.runs.sweep(rules.runs.now() + timedelta(seconds=301))
    assert append(rules, run, done(), end("succeeded"), first=2).status == "succeeded"
    assert rules.runs.sweep(rules.runs.now() + timedelta(days=1)) == 0


def test_deleting_a_run(rules, run):
    append(rules, run, execute())
    for viewer in (rules.bob, rules.nobody):
        with pytest.raises((NotFound, Forbidden)):
            rules.runs.delete(viewer, run.id)
    rules.runs.delete(rules.ada, run.id)
    with pytest.raises(NotFound):
        rules.runs.get(rules.ada, run.id)
    assert rules.labs.get(rules.ada, "ada", "x").runs == 0


def test_what_a_person_uses(rules, run):
    rules.labs.fork(rules.ada, "ada", "x", wire.ForkCreate())
    used = rules.people.me(rules.ada).usage
    size = rules.versions.get(rules.ada, "ada", "x", 1).size
    assert (used.labs, used.runs, used.running, used.storage_bytes) == (2, 1, 1, size)
