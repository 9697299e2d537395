"""Runs: every acknowledged event is kept once, and the run's row follows from them."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from ulid import ULID

from mlabs_ext import notebook as notebooks
from mlabs_ext import wire
from mlabs_ext.errors import BadInput, Conflict, Forbidden, NotFound, Unusable

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
RAISED = {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": ["ValueError: no"]}


def create(lab: str = "ada/x", **fields: Any) -> wire.RunCreate:
    given = {"id": str(ULID()), "lab": lab, "started": START, "environment": "python"} | fields
    return wire.RunCreate(**given)


def told(*steps: tuple[str, dict[str, Any]], first: int = 1) -> list[wire.RunEvent]:
    """Events a second apart; `("execute", {…})` and so on."""
    return [
        wire.RunEvent(seq, kind, START + timedelta(seconds=seq), data.pop("cell", None), data)
        for seq, (kind, data) in enumerate(((kind, dict(data)) for kind, data in steps), first)
    ]


def execute(execution: str = "e1", code: str = "1", cell: str = "cell-1") -> tuple[str, dict[str, Any]]:
    return "execute", {"execution": execution, "code": code, "execution_count": 1, "cell": cell}


def done(execution: str = "e1", status: str = "ok") -> tuple[str, dict[str, Any]]:
    return "done", {"execution": execution, "status": status, "duration": 0.5}


def output(shown: dict[str, Any], execution: str = "e1", cell: str = "cell-1") -> tuple[str, dict[str, Any]]:
    return "output", {"execution": execution, "output": shown, "cell": cell}


def text(words: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": words}


def end(status: str) -> tuple[str, dict[str, Any]]:
    return "end", {"status": status}


@pytest.fixture
def run(rules: SimpleNamespace) -> wire.Run:
    rules.publish(name="x")
    return rules.runs.register(rules.ada, create())


def append(rules, run: wire.Run, *steps, first: int = 1) -> wire.Run:
    rules.runs.append(rules.ada, run.id, told(*steps, first=first))
    return rules.runs.get(rules.ada, run.id)


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
    ("steps", "expected"),
    [
        ([execute()], {"status": "running", "busy": True, "cells": 1}),
        ([execute(), done()], {"status": "running", "busy": False, "cells": 1}),
        ([execute(), ("kernel", {"state": "restarted"})], {"busy": False}),
        ([execute(), ("kernel", {"state": "interrupted"})], {"busy": True}),
        (
            [execute(), output(RAISED), done("e1", "error")],
            {"status": "running", "error": wire.RunError("ValueError", "no", "cell-1")},
        ),
        (
            [execute(), output(RAISED), done("e1", "error"), execute("e2"), done("e2")],
            {"error": None, "cells": 2},
        ),
        (
            [execute(), output(RAISED), done("e1", "error"), done("e2", "aborted"), end("failed")],
            {"status": "failed", "error": wire.RunError("ValueError", "no", "cell-1"), "duration": 5.0},
        ),
        (
            [execute(), done(), end("succeeded")],
            {"status": "succeeded", "ended": START + timedelta(seconds=3)},
        ),
        ([execute(), end("stopped")], {"status": "stopped", "busy": False}),
        ([execute(), ("kernel", {"state": "dead"}), end("lost")], {"status": "lost", "busy": False}),
    ],
    ids=[
        "executing", "executed", "restarted", "interrupted", "raised", "recovered", "failed", "succeeded",
        "stopped", "lost",
    ],
)  # fmt: skip
def test_what_follows_from_events(rules, run, steps, expected):
    now = append(rules, run, *steps)
    assert {name: getattr(now, name) for name in expected} == expected
    assert rules.labs.get(rules.nobody, "ada", "x").live == (now.ended is None)


def test_an_end_before_the_start_makes_no_negative_duration(rules):
    rules.publish(name="x")
    run = rules.runs.register(rules.ada, create(started=START + timedelta(hours=1)))
    assert append(rules, run, end("succeeded")).duration == 0


def test_events_are_kept_once_however_often_they_are_sent(rules, run):
    first = told(execute(), output(text("a")), done())
    assert rules.runs.append(rules.ada, run.id, first).acknowledged == 3
    assert rules.runs.append(rules.ada, run.id, first).acknowledged == 3
    more = told(execute(), output(text("a")), done(), execute("e2"), done("e2"))
    assert rules.runs.append(rules.ada, run.id, more).acknowledged == 5
    assert rules.runs.append(rules.ada, run.id, []).acknowledged == 5
    assert rules.runs.events(rules.nobody, run.id) == more
    assert rules.runs.get(rules.ada, run.id).cells == 2
    assert [e.seq for e in rules.runs.events(rules.nobody, run.id, after=2, limit=2)] == [3, 4]
    assert rules.runs.events(rules.nobody, run.id, after=5) == []


@pytest.mark.parametrize(
    ("sequence", "expected"),
    [([2], 1), ([1, 3], 1), ([1, 1], 1), ([2, 1], 1), ([2**62], 1)],
    ids=str,
)
def test_a_gap_is_refused_whole(rules, run, sequence, expected):
    events = [wire.RunEvent(seq, "kernel", START, None, {"state": "dead"}) for seq in sequence]
    with pytest.raises(Conflict) as raised:
        rules.runs.append(rules.ada, run.id, events)
    assert (raised.value.code, raised.value.detail) == ("events_gap", {"expected": expected})
    assert rules.runs.events(rules.ada, run.id) == []


def test_nothing_follows_the_end(rules, run):
    events = told(end("succeeded"), execute())
    with pytest.raises(Conflict) as raised:
        rules.runs.append(rules.ada, run.id, events)
    assert raised.value.code == "run_ended"
    assert rules.runs.append(rules.ada, run.id, events[:1]).acknowledged == 1
    assert rules.runs.append(rules.ada, run.id, events[:1]).acknowledged == 1
    with pytest.raises(Conflict):
        rules.runs.append(rules.ada, run.id, events)


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("execute", {}),
        ("execute", {"execution": "e", "code": 3}),
        ("execute", {"execution": "a\0", "code": ""}),
        ("execute", {"execution": "e" * 300, "code": ""}),
        ("output", {"execution": "e", "output": {}}),
        ("output", {"execution": "e", "output": {"output_type": "movie"}}),
        ("output", {"execution": "e", "output": {"output_type": "stream", "name": "stdout"}}),
        ("output", {"execution": "e", "output": {"output_type": "display_data", "data": []}}),
        ("update", {"display_id": "d"}),
        ("done", {"execution": "e", "status": "fine"}),
        ("kernel", {"state": "tired"}),
        ("end", {"status": "running"}),
    ],
    ids=lambda value: str(value)[:50],
)
def test_events_that_do_not_fit(rules, run, kind, data):
    with pytest.raises(Unusable) as raised:
        rules.runs.append(rules.ada, run.id, [wire.RunEvent(1, kind, START, None, data)])
    assert raised.value.code == "fields_invalid"
    assert rules.runs.events(rules.ada, run.id) == []


@pytest.mark.parametrize("time", [datetime(1, 1, 1), datetime(9999, 12, 31, tzinfo=UTC)], ids=str)
def test_times_that_no_clock_shows(rules, run, time):
    with pytest.raises(Unusable):
        rules.runs.append(rules.ada, run.id, [wire.RunEvent(1, "kernel", time, None, {"state": "dead"})])


def test_a_flood_is_capped_with_a_marker(rules, run):
    rules.runs.max_event_size, rules.runs.max_run_size = 50_000, 200_000
    append(rules, run, execute(), output(text("x" * 60_000)), *[output(text("y" * 40_000))] * 5)
    append(rules, run, output(text("z")), execute("e2", "print()"), done("e2"), first=8)
    *shown, later, second, _ = rules.runs.events(rules.ada, run.id)[1:]
    words = [event.data["output"]["text"] for event in shown]
    assert words[0] == "[60,078 bytes were left out: more than is recorded]\n"
    assert words[1:4] == ["y" * 40_000] * 3
    assert words[4] == "[40,078 bytes were left out: more than is recorded]\n"
    assert words[5] == later.data["output"]["text"] == ""
    assert second.data["code"] == "print()"
    notebooks.parse(rules.runs.notebook(rules.ada, run.id))


@pytest.mark.parametrize("text_", ["a\0b", "\u2028", "\U0001f600", "\\u0000"], ids=ascii)
def test_any_text_survives(rules, run, text_):
    append(rules, run, execute(code=text_), output(text(text_)))
    events = rules.runs.events(rules.nobody, run.id)
    assert events[0].data["code"] == events[1].data["output"]["text"] == text_


@pytest.mark.parametrize("who", ["bob", "admin", "nobody"])
def test_only_who_runs_it_tells_of_it(rules, run, who):
    with pytest.raises(Forbidden if who == "nobody" else NotFound):
        rules.runs.append(getattr(rules, who), run.id, told(execute()))


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


def test_the_digest_of_what_ran_is_that_of_the_version(rules, make_notebook):
    notebook = make_notebook("# Title", "a = 1", "b = 2")
    lab = rules.labs.create(rules.ada, wire.LabCreate(name="x"), json.dumps(notebook).encode())
    run = rules.runs.register(rules.ada, create(run_all=True))
    ran = append(
        rules, run,
        execute("e0", "a = 0", "c1"), done("e0"),
        execute("e1", "a = 1", "c1"), done("e1"),
        execute("e2", "b = 2", "c2"), done("e2"),
        end("succeeded"),
    )  # fmt: skip
    version = rules.versions.get(rules.ada, "ada", lab.name, 1)
    assert ran.code_sha256 == version.code_sha256


def test_deleting_a_run(rules, run):
    append(rules, run, execute())
    for viewer in (rules.bob, rules.nobody):
        with pytest.raises((NotFound, Forbidden)):
            rules.runs.delete(viewer, run.id)
    rules.runs.delete(rules.ada, run.id)
    with pytest.raises(NotFound):
        rules.runs.get(rules.ada, run.id)
    assert rules.labs.get(rules.ada, "ada", "x").runs == 0


def test_the_same_batch_from_many_at_once_is_kept_once(rules, run):
    events = told(*[output(text(str(n))) for n in range(200)])
    with ThreadPoolExecutor(8) as pool:
        accepted = list(pool.map(lambda _: rules.runs.append(rules.ada, run.id, events), range(8)))
    assert {answer.acknowledged for answer in accepted} == {200}
    assert rules.runs.events(rules.ada, run.id) == events


def test_what_a_person_uses(rules, run):
    rules.labs.fork(rules.ada, "ada", "x", wire.ForkCreate())
    used = rules.people.me(rules.ada).usage
    size = rules.versions.get(rules.ada, "ada", "x", 1).size
    assert (used.labs, used.runs, used.running, used.storage_bytes) == (2, 1, 1, size)


def test_a_count_below_zero_is_none(rules: SimpleNamespace, run: wire.Run) -> None:
    kind, data = execute()
    with pytest.raises(Unusable) as raised:
        rules.runs.append(rules.ada, run.id, told((kind, data | {"execution_count": -1})))
    assert raised.value.code == "fields_invalid"
