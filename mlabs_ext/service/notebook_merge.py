"""The three-way merge of notebooks, cell by cell: base is where mine and theirs were the same.

What only one side changed is taken from that side. Both may change different lines of a cell; the same lines
are a conflict, and so is a change to what the other side removed. New cells never are: all of them stay.
It may take long on notebooks that were made for that; it runs in a process that is ended when it does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlabs_ext.notebook_diff import aligned, compared
from mlabs_ext.service.cell_merge import Outcome, Three, mapping, outcome, own_ids
from mlabs_ext.service.cell_order import entries
from mlabs_ext.wire.merges import MergeChoice, Merged

Notebook = dict[str, Any]


def merge(
    base: Notebook, mine: Notebook, theirs: Notebook, choices: Mapping[str, MergeChoice] | None = None
) -> Merged:
    """Mine with what theirs changed since base; `choices` are by the ids of conflicts."""
    sides = base["cells"], mine["cells"], theirs["cells"]
    outcomes = [
        outcome(entry, Three(*(None if n is None else side[n] for side, n in zip(sides, entry, strict=True))),
                choices or {})
        for entry in entries(*sides)
    ]  # fmt: skip
    made = {**mine, "metadata": metadata(base, mine, theirs), "cells": cells_of(outcomes)}
    conflicts = [one.conflict for one in outcomes if one.conflict]
    pairs = aligned(mine["cells"], made["cells"])
    shown = (compared(mine["cells"], made["cells"], pair) for pair in pairs)
    return Merged(made, conflicts, [cell for cell in shown if cell.change != "same"])


def cells_of(outcomes: list[Outcome]) -> list[dict[str, Any]]:
    """All cells that stay."""
    return own_ids([cell for one in outcomes for cell in one.cells])


def metadata(base: Notebook, mine: Notebook, theirs: Notebook) -> dict[str, Any]:
    """Mine says which lab it is and where it runs; of the rest each field is from the side that changed it.

    Of datasets it also uses what theirs began to use: what they added may read it.
    """
    old, own, other = (side.get("metadata", {}) for side in (base, mine, theirs))
    made = {**mapping(old, own, other, besides=("mlabs", "kernelspec", "language_info")), **runtime(own)}
    added = [one for one in data(other) if one not in data(old) and one not in data(own)]
    if added:
        named = made["mlabs"] if isinstance(made.get("mlabs"), dict) else {}
        made["mlabs"] = {**named, "data": [*data(own), *added]}
    return made


def runtime(metadata: dict[str, Any]) -> dict[str, Any]:
    """What a notebook says of its lab and its kernel."""
    return {key: metadata[key] for key in ("mlabs", "kernelspec", "language_info") if key in metadata}


def data(metadata: dict[str, Any]) -> list[Any]:
    """The datasets that a notebook names."""
    own = metadata.get("mlabs")
    named = own.get("data") if isinstance(own, dict) else None
    return named if isinstance(named, list) else []
