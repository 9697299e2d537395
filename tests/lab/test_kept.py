"""How events are merged, capped and numbered before they are written."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from mlabs_ext.lab.journal import Journal
from mlabs_ext.lab.kept import Kept, Limits, left_out
from mlabs_ext.wire import RunCreate, RunEvent

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WIDE = Limits(10_000_000, 100_000_000)


@pytest.fixture
def kept(tmp_path) -> Kept:
    create = RunCreate("01K" + "0" * 23, "ada/mnist", NOW, "python")
    return Kept(create, "mnist/mnist.ipynb", Journal(tmp_path))


def printed(text: str, name: str = "stdout", execution: str = "a") -> dict:
    return {"execution": execution, "output": {"output_type": "stream", "name": name, "text": text}}


def add(kept: Kept, *data: dict, kind: str = "output") -> None:
    for each in data:
        kept.add(kind, NOW, "cell", each)


def number(kept: Kept, limits: Limits = WIDE, slow: bool = False) -> list[RunEvent]:
    kept.number(limits, slow)
    lines, kept.lines = kept.lines, []
    return [msgspec.json.decode(line, type=RunEvent) for line in lines]


def test_prints_become_one(kept):
    add(kept, *(printed(f"{n}\n") for n in range(100)))
    [event] = number(kept)
    assert event.data["output"]["text"] == "".join(f"{n}\n" for n in range(100))


@pytest.mark.parametrize(
    "second",
    [
        printed("b", "stderr"),
        printed("b", execution="b"),
        {"execution": "a", "output": {"output_type": "error"}},
    ],
    ids=["other stream", "other execution", "other kind"],
)
def test_what_stays_apart(kept, second):
    add(kept, printed("a"), second)
    assert len(kept.waiting) == 2


def test_merged_text_has_a_limit(kept):
    add(kept, *(printed("x" * 100_000) for _ in range(6)))
    assert [len(event.data["output"]["text"]) for event in kept.waiting] == [200_000] * 3


def test_of_updates_in_a_row_the_last_counts(kept):
    updates = [{"display_id": "d", "data": {"n": n}, "metadata": {}} for n in range(50)]
    add(kept, *updates, {"display_id": "e", "data": {}, "metadata": {}}, kind="update")
    assert [event.data["data"] for event in number(kept)] == [{"n": 49}, {}]


def test_numbers_go_on_without_gaps(kept):
    for _ in range(3):
        add(kept, printed("a"), printed("b", "stderr"))
        number(kept)
    assert kept.next == 7


@pytest.mark.parametrize(
    ("output", "part"),
    [
        ({"output_type": "stream", "name": "stdout", "text": "x" * 2000}, "text"),
        ({"output_type": "display_data", "data": {"image/png": "x" * 2000}, "metadata": {}}, "data"),
        ({"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["x" * 2000]}, "traceback"),
    ],
    ids=["text", "image", "error"],
)
def test_an_output_that_is_too_large_leaves_a_note(kept, output, part):
    add(kept, {"execution": "a", "output": output})
    [event] = number(kept, Limits(1000, 10_000))
    assert "2,1" in str(event.data["output"][part]) or "2,2" in str(event.data["output"][part])
    assert "left out" in str(event.data["output"][part])
    assert event.data["output"]["output_type"] == output["output_type"]


def test_code_that_is_too_large_leaves_a_note(kept):
    add(kept, {"execution": "a", "code": "x" * 2000, "execution_count": 1}, kind="execute")
    assert "left out" in number(kept, Limits(1000, 10_000))[0].data["code"]


def test_a_run_that_is_too_large_says_so_once_and_still_ends(kept):
    error = {
        "execution": "a",
        "output": {"output_type": "error", "ename": "E", "evalue": "v", "traceback": []},
    }
    for n in range(100):
        add(kept, printed("x" * 100, ("stdout", "stderr")[n % 2]))
    add(kept, error)
    add(kept, {"execution": "a", "status": "error", "duration": 1.0}, kind="done")
    add(kept, {"status": "failed"}, kind="end")
    events = number(kept, Limits(1000, 3000))
    assert sum("too much to be kept" in str(event.data) for event in events) == 1
    assert [event.type for event in events[-3:]] == ["output", "done", "end"]
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert kept.summary.status == "failed"
    assert kept.summary.error.ename == "E"


def test_a_slow_disk_leaves_out_and_goes_on(kept):
    for slow in (True, True, False, True):
        add(kept, printed("a"))
        number(kept, slow=slow)
    assert kept.next == 4  # a note, an output, a note


def test_what_json_cannot_hold_is_noted(kept):
    deep: list = []
    for _ in range(5000):
        deep = [deep]
    add(
        kept,
        {"execution": "a", "output": {"output_type": "display_data", "data": {"x": deep}, "metadata": {}}},
    )
    assert "not valid JSON" in number(kept)[0].data["output"]["data"]["text/plain"]


def test_left_out_keeps_what_identifies():
    assert left_out({"display_id": "d", "data": {"a": 1}, "metadata": {"b": 1}}, "gone") == {
        "display_id": "d",
        "data": {"text/plain": "[MLabs: gone]"},
        "metadata": {},
    }
