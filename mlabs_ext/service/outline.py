"""The cells of a notebook, each by its id and by how it begins: what people call a cell."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

LONGEST = 60


class Cell(NamedTuple):
    """A cell: `place` counts from 1, `label` is its first line."""

    id: str
    place: int
    label: str


class _Cell(msgspec.Struct):
    id: str = ""
    source: str | list[str] = ""


class _Notebook(msgspec.Struct):
    cells: list[_Cell] = []


def outline(notebook: bytes) -> list[Cell]:
    """The cells of a notebook as it is stored; its outputs are not read."""
    cells = msgspec.json.decode(notebook, type=_Notebook).cells
    return [Cell(cell.id, place, _label(cell.source)) for place, cell in enumerate(cells, 1)]


def _label(source: str | list[str]) -> str:
    text = source if isinstance(source, str) else "".join(source)
    first = next((line for line in text.splitlines() if line.strip()), "").strip().lstrip("#").strip()
    plain = "".join(sign if sign.isprintable() else " " for sign in first)
    return plain if len(plain) <= LONGEST else f"{plain[: LONGEST - 1]}…"


def spoken(place: int | None, label: str | None) -> str:
    """What a cell is called: `Cell 3: import numpy`."""
    return f"Cell {place}: {label}" if label else f"Cell {place}"
