"""Takes findings out of a notebook; the notebook that was given stays as it is."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from mlabs_ext.guard.findings import Known
from mlabs_ext.guard.held import Held
from mlabs_ext.guard.literals import literal_at, spliced
from mlabs_ext.guard.matches import Match
from mlabs_ext.guard.proposals import proposal

IMPORTS = {"os.environ": "os", "getpass.getpass": "getpass"}


@dataclass(frozen=True)
class Fixed:
    """The notebook with its findings fixed; `cells` are the indices of changed cells.

    `left` counts findings that only the person can fix.
    """

    notebook: dict[str, Any]
    cells: list[int] = field(default_factory=list)
    metadata: bool = False
    left: int = 0


def apply(nb: dict[str, Any], known: Known, chosen: Iterable[Held]) -> Fixed:
    """Fix all that can be fixed."""
    changed = copy.deepcopy(nb)
    edits: dict[tuple[str | int, ...], list[tuple[int, int, str]]] = {}
    dropped: set[tuple[int, int]] = set()
    removed: set[tuple[str | int, ...]] = set()
    left = 0
    for held in chosen:
        for match in held.matches:
            text, fix = match.text, proposal(match, nb, known)
            if fix is None:
                left += 1
            elif fix.kind == "drop_output":
                _, cell, _, output, *_ = text.path
                # Indices, after `cells` and `outputs`.
                assert isinstance(cell, int)
                assert isinstance(output, int)
                dropped.add((cell, output))
            elif fix.kind == "remove":
                removed.add(text.path)
            else:
                edits.setdefault(text.path, []).append(_edit(match, fix.kind, fix.text))
    for path, several in edits.items():
        _put(changed, path, _edited(_at(nb, path), several))
    for cell, output in sorted(dropped, reverse=True):
        del changed["cells"][cell]["outputs"][output]
    for path in removed:
        _remove(changed, path)
    touched: set[tuple[str | int, ...]] = {*edits, *removed, *(("cells", cell) for cell, _ in dropped)}
    cells = sorted({path[1] for path in touched if path[0] == "cells" and isinstance(path[1], int)})
    return Fixed(changed, cells, any(path[0] == "metadata" for path in touched), left)


def _edit(match: Match, kind: str, text: str) -> tuple[int, int, str]:
    literal = literal_at(match) if kind in ("environ", "getpass") else None
    if literal is not None:
        return spliced(match, literal, text)
    if kind == "replace" and match.kind == "path":
        return match.start, match.start + len(match.name), text
    return match.start, match.end, text


def _edited(content: str, edits: list[tuple[int, int, str]]) -> str:
    """`content` with the edits; of two in one string the first is made, the other is found again."""
    pieces, place = [], 0
    for start, end, text in sorted(edits):
        if start >= place:
            pieces += [content[place:start], text]
            place = end
    content = "".join([*pieces, content[place:]])
    wanted = [module for call, module in IMPORTS.items() if any(call in text for *_, text in edits)]
    for module in wanted:
        if not re.search(rf"^[ \t]*(?:import|from)[ \t][^\n]*\b{module}\b", content, re.MULTILINE):
            content = _with_import(content, module)
    return content


def _with_import(content: str, module: str) -> str:
    first, newline, rest = content.partition("\n")
    if first.startswith("%%") and newline:
        return f"{first}\nimport {module}\n{rest}"
    return f"import {module}\n{content}"


def _at(nb: Any, path: tuple[str | int, ...]) -> Any:
    for key in path:
        nb = nb[key]
    return nb


def _put(nb: Any, path: tuple[str | int, ...], value: str) -> None:
    _at(nb, path[:-1])[path[-1]] = value


def _remove(nb: Any, path: tuple[str | int, ...]) -> None:
    _at(nb, path[:-1]).pop(path[-1], None)
