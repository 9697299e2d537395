"""What two versions or runs of a lab differ in."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from mlabs_ext.wire.labs import Version
from mlabs_ext.wire.runs import Run


class ComparedLine(Struct):
    """A line of code on both sides; null where a side has none. Numbers count from 1."""

    a: int | None
    old: str | None
    b: int | None
    new: str | None


class ComparedCell(Struct):
    """A cell on both sides; `a` and `b` are its numbers there, from 1, null where a side lacks it.

    `lines` are there where the code differs. `outputs` says whether what it shows does, `shows` whether each
    side shows anything.
    """

    change: Literal["same", "changed", "added", "removed"]
    type: str
    a: int | None
    b: int | None
    lines: list[ComparedLine]
    outputs: bool
    shows: tuple[bool, bool]


class Difference(Struct):
    """`diff` takes the one notebook to the other, in nbdime's format."""

    diff: list[dict[str, Any]]
    cells: list[ComparedCell]


class ComparedSide(Struct):
    """One side: a version with the run that made its outputs, as far as known, or a run."""

    name: str
    version: Version | None
    run: Run | None


class Comparison(Struct):
    """Two versions or runs. The mappings hold what differs, by name, as `[a, b]`; null where one has none."""

    a: ComparedSide
    b: ComparedSide
    diff: list[dict[str, Any]]
    cells: list[ComparedCell]
    metrics: dict[str, tuple[Any, Any]]
    parameters: dict[str, tuple[Any, Any]]
    environment: dict[str, tuple[Any, Any]]
    packages: dict[str, tuple[str | None, str | None]]
