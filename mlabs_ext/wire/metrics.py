"""What runs logged: series, their summaries, the board of a lab's runs, and what was installed."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from mlabs_ext.wire.runs import Run

__all__ = [
    "Board",
    "BoardColumn",
    "BoardRow",
    "MetricSeries",
    "MetricSummary",
    "Mode",
    "RunMetrics",
    "RunPackages",
]

Mode = Literal["max", "min"]


class MetricSeries(Struct):
    """One metric of a run in the order that it was logged, thinned out so that the extremes stay.

    The four lists belong together. `times` are seconds since 1970; a value that is no finite number is null;
    where no step was given, the place in the series stands for it. `count` is how many values there are.
    """

    name: str
    count: int
    steps: list[int]
    times: list[float]
    values: list[float | None]


class RunMetrics(Struct):
    """The series of a run, by name."""

    run: str
    series: list[MetricSeries]


class RunPackages(Struct):
    """What was installed where a run executed, as `{name: version}`; null where that is not known."""

    run: str
    packages: dict[str, str] | None


class MetricSummary(Struct):
    """A metric of a run in a few numbers; `points` are at most 64 of its values, for a small chart."""

    last: float | None
    last_step: int | None
    min: float | None
    min_step: int | None
    max: float | None
    max_step: int | None
    count: int
    points: list[float]


class BoardRow(Struct):
    """A run on the board, with its lab's title."""

    run: Run
    title: str
    metrics: dict[str, MetricSummary]


class BoardColumn(Struct):
    """A metric that runs of the board have: how many do, which way is better, and the id of the best run."""

    name: str
    runs: int
    mode: Mode
    best: str | None


class Board(Struct):
    """A page of the runs of a lab, or of its whole fork tree, and the metrics that most of them have."""

    items: list[BoardRow]
    next: str | None
    columns: list[BoardColumn]
