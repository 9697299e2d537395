"""How much of a run is recorded, whatever it is that it says so much of."""

from __future__ import annotations

import pytest
from service.run_bench import append, end, execute, output, text

from mlabs_ext.errors import TooLarge
from mlabs_ext.service import run_size


def metric(points: int) -> tuple[str, dict]:
    values = {"loss": 1.0}
    return "metric", {"values": values, "step": points, "points": [[n, 0.0, values] for n in range(points)]}


@pytest.fixture
def small(rules):
    rules.runs.max_event_size, rules.runs.max_run_size = 10_000, 20_000
    return rules


def stored(rules, run) -> list[int]:
    return [len(str(event.data)) for event in rules.runs.events(rules.ada, run.id)]


def test_code_files_and_steps_find_an_end_as_outputs_do(small, run, monkeypatch):
    monkeypatch.setattr(run_size, "SMALL", 1000)
    lost = ("asset", {"path": "a", "size": 1, "error": "x" * 30_000})
    append(small, run, execute("e", "x" * 15_000), execute("e2", "y" * 9000), metric(900), lost)
    code, second, steps, asset = stored(small, run)
    assert max(code, second, steps) < 200
    assert asset < 1200
    assert small.runs.get(small.ada, run.id).metrics == {"loss": 1.0}


def test_what_is_small_is_kept_after_the_room_is_full(small, run):
    append(small, run, output(text("x" * 9000)), output(text("y" * 9000)), output(text("z" * 9000)))
    append(small, run, execute("e", "print()"), output(text("hidden")), first=4)
    *_, code, hidden = small.runs.events(small.ada, run.id)
    assert code.data["code"] == "print()"
    assert hidden.data["output"]["text"] == ""


def test_who_never_stops_is_refused_and_may_end(small, run, monkeypatch):
    monkeypatch.setattr(run_size, "FULL", 1)
    append(small, run, output(text("x" * 9000)), output(text("y" * 9000)), output(text("z" * 9000)))
    with pytest.raises(TooLarge):
        append(small, run, execute("e", "print()"), first=4)
    assert append(small, run, end("succeeded"), first=4).status == "succeeded"
