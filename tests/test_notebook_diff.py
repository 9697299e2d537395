"""The difference of two notebooks takes the one to the other, and reads well."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest

from mlabs_ext.notebook_diff import difference


def cell(source: str, id: str = "a", kind: str = "code", outputs: list | None = None) -> dict[str, Any]:
    made = {"id": id, "cell_type": kind, "metadata": {}, "source": source}
    return made if kind != "code" else made | {"outputs": outputs or [], "execution_count": None}


def notebook(*cells: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": list(cells)}


def stream(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text}


def patched(value: Any, diff: list[dict[str, Any]]) -> Any:
    """What nbdime makes of a value and its difference, written down once more from its documentation."""
    if isinstance(value, str):
        return "".join(patched(value.splitlines(True), diff))
    if isinstance(value, dict):
        made = copy.deepcopy(value)
        for op in diff:
            if op["op"] == "remove":
                del made[op["key"]]
            elif op["op"] == "patch":
                made[op["key"]] = patched(value[op["key"]], op["diff"])
            else:
                made[op["key"]] = op["value"]
        return made
    made, at = [], 0
    for op in diff:
        made += value[at : op["key"]]
        at = op["key"]
        if op["op"] == "addrange":
            made += op["valuelist"]
        elif op["op"] == "removerange":
            at += op["length"]
        else:
            made.append(patched(value[at], op["diff"]))
            at += 1
    return made + value[at:]


BASE = notebook(cell("# Title", "t", "markdown"), cell("import numpy\nx = 1\n", "x"), cell("print(x)", "p"))


@pytest.mark.parametrize(
    ("new", "changes"),
    [
        (BASE, ["same", "same", "same"]),
        (notebook(BASE["cells"][0], cell("import numpy\nx = 2\n", "x"), BASE["cells"][2]),
         ["same", "changed", "same"]),
        (notebook(*BASE["cells"][:2], cell("y = 3", "new"), BASE["cells"][2]),
         ["same", "same", "added", "same"]),
        (notebook(BASE["cells"][2]), ["removed", "removed", "same"]),
        (notebook(*BASE["cells"][:2], cell("print(x)", "p", outputs=[stream("1\n")])),
         ["same", "same", "changed"]),
        (notebook(*BASE["cells"], mlabs={"environment": "jax"}), ["same", "same", "same"]),
        (notebook(), ["removed", "removed", "removed"]),
        (notebook(cell("entirely(different)", "z"), cell("# Title", "t", "markdown")),
         ["added", "same", "removed", "removed"]),
    ],
    ids=["nothing", "a line", "a new cell", "cells gone", "an output", "metadata", "all gone", "moved"],
)  # fmt: skip
def test_a_change(new, changes):
    found = difference(BASE, new)
    assert patched(BASE, found.diff) == new
    assert [one.change for one in found.cells] == changes


@pytest.mark.parametrize("seed", range(30))
def test_any_change(seed):
    draw = random.Random(seed)

    def some() -> dict[str, Any]:
        lines = ["a = 1", "b = 2", "", "print(a)", "c = a + b\u2028d"]
        cells = [
            cell(
                "\n".join(draw.choices(lines, k=draw.randint(0, 5))),
                f"id-{draw.randint(0, 9)}",
                draw.choice(["code", "markdown"]),
                [stream(str(draw.randint(0, 2))) for _ in range(draw.randint(0, 2))],
            )
            for _ in range(draw.randint(0, 8))
        ]
        return notebook(*cells, **draw.choice([{}, {"a": 1}, {"a": {"b": draw.random()}}]))

    a, b = some(), some()
    assert patched(a, difference(a, b).diff) == b


def test_lines():
    found = difference(notebook(cell("a\nb\nc")), notebook(cell("a\nB\nc\nd")))
    rows = [(row.a, row.old, row.b, row.new) for row in found.cells[0].lines]
    assert rows == [(1, "a", 1, "a"), (2, "b", 2, "B"), (3, "c", 3, "c"), (None, None, 4, "d")]


def test_only_code():
    found = difference(BASE, notebook(*BASE["cells"][1:]), code_only=True)
    assert [(one.change, one.type, one.a, one.b) for one in found.cells] == [
        ("same", "code", 2, 1), ("same", "code", 3, 2)
    ]  # fmt: skip


def test_counters_are_no_change_of_what_is_shown():
    result = {"output_type": "execute_result", "data": {"text/plain": "1"}, "metadata": {}}
    a, b = (notebook(cell("1", outputs=[result | {"execution_count": n}])) for n in (1, 2))
    [one] = difference(a, b).cells
    assert (one.change, one.outputs, one.shows) == ("same", False, (True, True))
