"""The notebook that is rebuilt from events is the one that a front end would have saved."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from mlabs_ext import notebook as notebooks
from mlabs_ext import wire
from mlabs_ext.service import replay

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def rebuilt(*steps: tuple[str, str | None, dict[str, Any]]) -> list[dict[str, Any]]:
    """The code cells after the events `(type, cell, data)`."""
    events = [wire.RunEvent(n, kind, NOW, cell, data) for n, (kind, cell, data) in enumerate(steps, 1)]
    data = replay.rebuild(events, {"mlabs": {"lab": "ada/x"}})
    node = notebooks.parse(data)
    assert node.metadata.mlabs.lab == "ada/x"
    return json.loads(json.dumps(node.cells))


def execute(execution: str, cell: str | None, code: str, count: int | None = 1):
    return "execute", cell, {"execution": execution, "code": code, "execution_count": count}


def show(execution: str, output: dict[str, Any], display_id: str | None = None):
    data = {"execution": execution, "output": output}
    return "output", None, data | ({"display_id": display_id} if display_id else {})


def stream(text: str | list[str], name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": text}


def display(plain: str) -> dict[str, Any]:
    return {"output_type": "display_data", "data": {"text/plain": plain}, "metadata": {}}


def texts(cell: dict[str, Any]) -> list[str]:
    return [
        "".join(output["text"] if output["output_type"] == "stream" else output["data"]["text/plain"])
        for output in cell["outputs"]
    ]


def test_the_last_execution_wins_in_the_order_of_the_first():
    cells = rebuilt(
        execute("e1", "a", "old"),
        show("e1", stream("old")),
        execute("e2", "b", "two", 2),
        execute("e3", "a", "new", 3),
        show("e3", stream("new")),
    )
    assert [(cell["id"], cell["source"], cell["execution_count"]) for cell in cells] == [
        ("a", "new", 3),
        ("b", "two", 2),
    ]
    assert texts(cells[0]) == ["new"]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([stream("a"), stream("b")], ["ab"]),
        ([stream("a"), stream("b", "stderr"), stream("c")], ["a", "b", "c"]),
        ([stream("10%\r"), stream("20%\r")], ["10%\r20%\r"]),
        ([stream(["a\n", "b"])], ["a\nb"]),
        ([stream("a"), "clear", stream("b")], ["b"]),
        ([stream("a"), "clear"], []),
        ([stream("a"), "clear later"], ["a"]),
        ([stream("a"), "clear later", stream("b"), stream("c")], ["bc"]),
        ([stream("a"), display("d"), stream("b")], ["a", "d", "b"]),
    ],
    ids=[
        "joined",
        "streams apart",
        "carriage returns",
        "lists",
        "cleared",
        "empty",
        "not yet",
        "replaced",
        "display",
    ],
)
def test_outputs(steps, expected):
    events = [
        ("clear", None, {"execution": "e1", "wait": step == "clear later"})
        if isinstance(step, str)
        else show("e1", step)
        for step in steps
    ]
    (cell,) = rebuilt(execute("e1", "a", "x"), *events)
    assert texts(cell) == expected


def test_displays_are_updated_wherever_they_were_shown():
    update = ("update", None, {"display_id": "d", "data": {"text/plain": "100%"}, "metadata": {"x": 1}})
    first, second = rebuilt(
        execute("e1", "a", "x"),
        show("e1", display("0%"), "d"),
        execute("e2", "b", "y"),
        show("e2", display("0%"), "d"),
        show("e2", display("other")),
        update,
        ("update", None, {"display_id": "unknown", "data": {}, "metadata": {}}),
    )
    assert texts(first) == ["100%"]
    assert first["outputs"][0]["metadata"] == {"x": 1}
    assert texts(second) == ["100%", "other"]


def test_results_and_errors_are_whole():
    error = {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["t"]}
    result = {"output_type": "execute_result", "data": {"text/plain": "3"}, "metadata": {}, "other": 1}
    (cell,) = rebuilt(execute("e1", "a", "x", 7), show("e1", result), show("e1", error))
    assert cell["outputs"][0]["execution_count"] == 7
    assert "other" not in cell["outputs"][0]
    assert cell["outputs"][1] == error


@pytest.mark.parametrize("cell", [None, "", "has space", "x" * 65, "é"], ids=repr)
def test_cells_without_a_usable_id_get_one(cell):
    cells = rebuilt(execute("e1", cell, "1"), execute("e2", cell, "2"), execute("e3", "b", "3"))
    ids = [made["id"] for made in cells]
    assert len(set(ids)) == len(ids)
    assert cells[-1]["id"] == "b"


def test_outputs_of_unknown_executions_show_nothing():
    assert rebuilt(show("e9", stream("a")), ("clear", None, {"execution": "e9"})) == []


def test_a_cell_says_when_it_ran():
    begun, ended = NOW, datetime(2026, 1, 1, 0, 2, 3, tzinfo=UTC)
    steps = [
        wire.RunEvent(1, "execute", begun, "a", {"execution": "e", "code": "1", "execution_count": 1}),
        wire.RunEvent(2, "done", ended, "a", {"execution": "e", "status": "ok", "duration": 123.0}),
        wire.RunEvent(3, "execute", ended, "b", {"execution": "f", "code": "2", "execution_count": 2}),
    ]
    first, second = notebooks.parse(replay.rebuild(steps, {})).cells
    assert first.metadata.execution == {
        "iopub.execute_input": "2026-01-01T00:00:00+00:00",
        "iopub.status.idle": "2026-01-01T00:02:03+00:00",
    }
    assert list(second.metadata.execution) == ["iopub.execute_input"]


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        pytest.param({"text/plain": None, "text/html": "b"}, {"text/html": "b"}, id="null"),
        pytest.param({"text/plain": 1}, {"text/plain": "1"}, id="a number"),
        pytest.param({"text/plain": [1, 2]}, {"text/plain": "[1, 2]"}, id="numbers"),
        pytest.param({"application/json": [1, None]}, {"application/json": [1, None]}, id="JSON"),
    ],
)
def test_what_a_kernel_may_say_is_shown(data, shown):
    output = {"output_type": "display_data", "data": data, "metadata": {}}
    cells = rebuilt(execute("a", "one", "x"), show("a", output))
    assert cells[0]["outputs"][0]["data"] == shown


def test_a_cell_whose_id_cannot_be_one_gets_one():
    cells = rebuilt(execute("a", "no id", "1"), execute("b", None, "2"))
    assert [cell["source"] for cell in cells] == ["1", "2"]
    assert all(replay.CELL_ID.fullmatch(cell["id"]) for cell in cells)
