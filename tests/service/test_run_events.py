"""What a run's server tells is kept once, and the run's row follows from it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from service.run_bench import START, append, create, done, end, execute, output, text, told

from mlabs_ext import notebook as notebooks
from mlabs_ext import wire
from mlabs_ext.errors import Conflict, Forbidden, NotFound, Unusable

RAISED = {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": ["ValueError: no"]}


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


def test_the_same_batch_from_many_at_once_is_kept_once(rules, run):
    events = told(*[output(text(str(n))) for n in range(200)])
    with ThreadPoolExecutor(8) as pool:
        accepted = list(pool.map(lambda _: rules.runs.append(rules.ada, run.id, events), range(8)))
    assert {answer.acknowledged for answer in accepted} == {200}
    assert rules.runs.events(rules.ada, run.id) == events


def test_a_count_below_zero_is_none(rules: SimpleNamespace, run: wire.Run) -> None:
    kind, data = execute()
    with pytest.raises(Unusable) as raised:
        rules.runs.append(rules.ada, run.id, told((kind, data | {"execution_count": -1})))
    assert raised.value.code == "fields_invalid"
