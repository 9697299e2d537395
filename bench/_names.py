"""The benchmarks by name, in the order of the design's table; those beside it come last."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable

from _rows import Effort, Row

NAMES = (
    "publish_render",
    "pages",
    "assets",
    "open_kernel",
    "cell_overhead",
    "live",
    "fork",
    "history",
    "search",
    "ingest",
    "convert",
    "extension",
    "pool",
)


def rows_of(name: str) -> Callable[[Effort], Iterable[Row]]:
    """What measures a benchmark's rows, one after another."""
    return importlib.import_module(name).rows
