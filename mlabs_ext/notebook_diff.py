"""The difference of two notebooks, cell by cell and line by line, in nbdime's format.

nbdime itself is not used: see `docs/decisions.md`. Everything here may take long on notebooks that were made
for that; it runs in a process that is ended when it does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any, Literal

from mlabs_ext.wire.comparisons import ComparedCell, ComparedLine, Difference

ALIKE = 0.5
# Longer code is compared whole: its lines would make no page that anybody reads.
LONGEST = 20_000
Pair = tuple[int | None, int | None]
Op = dict[str, Any]
Change = Literal["same", "changed", "added", "removed"]


def difference(a: dict[str, Any], b: dict[str, Any], code_only: bool = False) -> Difference:
    """What takes notebook `a` to `b`; of code cells alone where `code_only`."""
    pairs = aligned(a["cells"], b["cells"])
    diff = of_mappings({**a, "cells": None}, {**b, "cells": None})
    cells = of_sequences(a["cells"], b["cells"], pairs)
    if cells:
        diff = sorted([*diff, {"op": "patch", "key": "cells", "diff": cells}], key=lambda op: op["key"])
    shown = (compared(a["cells"], b["cells"], pair) for pair in pairs)
    return Difference(diff, [cell for cell in shown if cell.type == "code" or not code_only])


def aligned(a: Sequence[dict[str, Any]], b: Sequence[dict[str, Any]]) -> list[Pair]:
    """Which cell is which: the same ones first, then between them those that are alike."""
    old, new = ([(cell["cell_type"], text(cell)) for cell in side] for side in (a, b))
    pairs: list[Pair] = []
    for kind, a0, a1, b0, b1 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            pairs += zip(range(a0, a1), range(b0, b1), strict=True)
        else:
            pairs += between(a, b, range(a0, a1), range(b0, b1))
    return pairs


def between(a: Sequence[Any], b: Sequence[Any], old: range, new: range) -> Iterator[Pair]:
    """Pairs of cells in a stretch that differs, in both orders."""
    at = new.start
    for i in old:
        j = next((j for j in range(at, new.stop) if alike(a[i], b[j])), None)
        if j is None:
            yield i, None
        else:
            yield from ((None, passed) for passed in range(at, j))
            yield i, j
            at = j + 1
    yield from ((None, rest) for rest in range(at, new.stop))


def alike(a: dict[str, Any], b: dict[str, Any]) -> bool:
    """Whether one cell may have become the other."""
    if a["cell_type"] != b["cell_type"]:
        return False
    return bool(a.get("id") and a.get("id") == b.get("id")) or similar(a, b)


def similar(a: dict[str, Any], b: dict[str, Any]) -> bool:
    """Whether two cells of one type say much of the same."""
    if a["cell_type"] != b["cell_type"]:
        return False
    matcher = SequenceMatcher(None, text(a)[:LONGEST].splitlines(), text(b)[:LONGEST].splitlines())
    if matcher.ratio() >= ALIKE:
        return True
    letters = SequenceMatcher(None, text(a)[:1000], text(b)[:1000])
    return letters.real_quick_ratio() >= 0.7 and letters.quick_ratio() >= 0.7 and letters.ratio() >= 0.7


def text(cell: dict[str, Any]) -> str:
    """A cell's source in one piece."""
    return cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])


def of_sequences(a: Sequence[Any], b: Sequence[Any], pairs: Sequence[Pair]) -> list[Op]:
    """The operations that take list `a` to `b`; keys are places in `a`."""
    ops: list[Op] = []
    at = 0
    for i, j in pairs:
        if i is None and j is not None:
            add(ops, at, b[j])
        elif i is not None:
            if j is None:
                remove(ops, i)
            elif inner := of_mappings(a[i], b[j]):
                ops.append({"op": "patch", "key": i, "diff": inner})
            at = i + 1
    return [op for key in sorted({op["key"] for op in ops}) for op in in_order(ops, key)]


def in_order(ops: list[Op], key: int) -> list[Op]:
    """The operations at one place as nbdime has them: what is added comes first."""
    return sorted((op for op in ops if op["key"] == key), key=lambda op: op["op"] != "addrange")


def add(ops: list[Op], at: int, value: Any) -> None:
    """Insert before the place; what is inserted at one place is one operation."""
    same = [op for op in ops if op["op"] == "addrange" and op["key"] == at]
    if same:
        same[0]["valuelist"].append(value)
    else:
        ops.append({"op": "addrange", "key": at, "valuelist": [value]})


def remove(ops: list[Op], at: int) -> None:
    """Take out what is at the place; neighbours go in one operation, unless something is put between them."""
    last = ops[-1] if ops else None
    if last and last["op"] == "removerange" and last["key"] + last["length"] == at:
        last["length"] += 1
    else:
        ops.append({"op": "removerange", "key": at, "length": 1})


def of_mappings(a: dict[str, Any], b: dict[str, Any]) -> list[Op]:
    """The operations that take mapping `a` to `b`."""
    ops: list[Op] = []
    for key in sorted(a.keys() | b.keys()):
        if key not in b:
            ops.append({"op": "remove", "key": key})
        elif key not in a:
            ops.append({"op": "add", "key": key, "value": b[key]})
        elif a[key] != b[key]:
            ops.append(of_values(key, a[key], b[key]))
    return ops


def of_values(key: str, old: Any, new: Any) -> Op:
    """The operation for a value that differs."""
    if isinstance(old, dict) and isinstance(new, dict):
        return {"op": "patch", "key": key, "diff": of_mappings(old, new)}
    if key == "source" and isinstance(old, str) and isinstance(new, str):
        return {"op": "patch", "key": key, "diff": of_lists(old.splitlines(True), new.splitlines(True))}
    if key == "outputs" and isinstance(old, list) and isinstance(new, list):
        return {"op": "patch", "key": key, "diff": of_lists(old, new)}
    return {"op": "replace", "key": key, "value": new}


def of_lists(a: Sequence[Any], b: Sequence[Any]) -> list[Op]:
    """The operations that take a list of lines or outputs to another, item by item."""
    ops: list[Op] = []
    old, new = ([json.dumps(item, sort_keys=True) for item in side] for side in (a, b))
    for kind, a0, a1, b0, b1 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind in ("insert", "replace"):
            ops.append({"op": "addrange", "key": a0, "valuelist": list(b[b0:b1])})
        if kind in ("delete", "replace"):
            ops.append({"op": "removerange", "key": a0, "length": a1 - a0})
    return ops


def compared(a: Sequence[Any], b: Sequence[Any], pair: Pair) -> ComparedCell:
    """A pair of cells as people look at it."""
    i, j = pair
    old, new = a[i] if i is not None else None, b[j] if j is not None else None
    outputs = [cell.get("outputs", []) if cell else [] for cell in (old, new)]
    cell: dict[str, Any] = new or old or {}
    before, after = text(old) if old else "", text(new) if new else ""
    differs = shown(outputs[0]) != shown(outputs[1])
    change: Change = "added" if old is None else "removed" if new is None else "changed"
    if old and new and before == after and not differs:
        change = "same"
    return ComparedCell(
        change=change,
        type=cell["cell_type"],
        a=None if i is None else i + 1,
        b=None if j is None else j + 1,
        lines=lines(before, after) if before != after or not (old and new) else [],
        outputs=differs,
        shows=(bool(outputs[0]), bool(outputs[1])),
    )


def shown(outputs: list[dict[str, Any]]) -> str:
    """What outputs show, whatever their number."""
    return json.dumps([{**one, "execution_count": None} for one in outputs], sort_keys=True)


def lines(before: str, after: str) -> list[ComparedLine]:
    """The lines of both, those that belong together side by side."""
    a, b = before.splitlines(), after.splitlines()
    rows: list[ComparedLine] = []
    for _, a0, a1, b0, b1 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        for n in range(max(a1 - a0, b1 - b0)):
            i, j = a0 + n if a0 + n < a1 else None, b0 + n if b0 + n < b1 else None
            rows.append(
                ComparedLine(
                    None if i is None else i + 1, None if i is None else a[i],
                    None if j is None else j + 1, None if j is None else b[j],
                )
            )  # fmt: skip
    return rows
