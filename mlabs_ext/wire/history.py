"""What a front end asks about one run of a notebook's history, and gets to see of it."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from mlabs_ext.wire.comparisons import ComparedCell
from mlabs_ext.wire.metrics import MetricSeries
from mlabs_ext.wire.runs import RunId


class CompareRequest(Struct, forbid_unknown_fields=True):
    """Compares what `run` executed with a notebook as it is now, in an editor, wherever it is saved."""

    run: RunId
    notebook: msgspec.Raw


class HistoryDifference(Struct):
    """Cell by cell; the mappings hold what differs between two runs, by name, as `[a, b]`."""

    cells: list[ComparedCell]
    metrics: dict[str, tuple[Any, Any]] = {}
    parameters: dict[str, tuple[Any, Any]] = {}
    environment: dict[str, tuple[Any, Any]] = {}


class HistorySeries(Struct):
    """What runs logged, by the ids of those of them that logged anything and are known."""

    series: dict[str, list[MetricSeries]]


class AgainRequest(Struct, forbid_unknown_fields=True):
    """Repeats `run` of the notebook at `path` in the background."""

    path: str
    run: RunId
