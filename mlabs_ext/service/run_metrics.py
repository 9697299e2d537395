"""What runs log, summed up as it comes: a row a metric, to sort lists by and to draw small charts from."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from mlabs_ext import wire
from mlabs_ext.notebook import sha256
from mlabs_ext.service import orm, statements
from mlabs_ext.service.orm_metrics import PackageList, RunMetric

# Values that a small chart is drawn from, at most.
SMALL = 64


class Value(NamedTuple):
    """One number; `at` in seconds since 1970. What is no number to compare is None."""

    step: int | None
    at: float
    value: float | None


def take(session: Session, run: orm.Run, events: Iterable[wire.RunEvent]) -> None:
    """Bring the summaries up to events that are new."""
    told = list(events)
    packages = [event for event in told if event.type == "packages"]
    if packages:
        run.packages = _keep_packages(session, packages[-1].data["packages"])
    series = of_events(event for event in told if event.type == "metric")
    known = {row.name: row for row in _rows(session, run, list(series))}
    for name, values in series.items():
        if name in run.metrics:
            row = known.get(name)
            if row is None:
                row = RunMetric(run_key=run.key, name=name, lab_id=run.lab_id, count=0, stride=1, points=[])
                session.add(row)
            _add(row, values)


def of_events(events: Iterable[wire.RunEvent]) -> dict[str, list[Value]]:
    """The values in `metric` events, by name, in order."""
    series: dict[str, list[Value]] = defaultdict(list)
    for event in events:
        for step, at, values in _points(event):
            for name, value in values.items():
                series[name].append(Value(step, at, number(value)))
    return series


def _points(event: wire.RunEvent) -> Iterator[tuple[int | None, float, dict[str, Any]]]:
    data = event.data
    if data.get("points"):
        yield from data["points"]
    else:
        yield data.get("step"), event.time.timestamp(), data["values"]


def number(value: float | str) -> float | None:
    """The value as one that can be compared; None for those that go by name."""
    return float(value) if not isinstance(value, str) and math.isfinite(value) else None


def _rows(session: Session, run: orm.Run, names: Sequence[str]) -> Sequence[RunMetric]:
    if not names:
        return []
    query = select(RunMetric).where(RunMetric.run_key == run.key, RunMetric.name.in_(names))
    return session.scalars(query).all()


def _add(row: RunMetric, values: list[Value]) -> None:
    points = list(row.points)
    for step, _, value in values:
        # Where no step was given, its place in the series is.
        place = row.count if step is None else step
        if value is not None and row.count % row.stride == 0:
            points.append(value)
        row.count += 1
        row.last, row.last_step = value, place
        if value is None:
            continue
        if row.lowest is None or value < row.lowest:
            row.lowest, row.lowest_step = value, place
        if row.highest is None or value > row.highest:
            row.highest, row.highest_step = value, place
        if len(points) > SMALL:
            points, row.stride = points[::2], row.stride * 2
    row.points = points


def digested(event: wire.RunEvent) -> dict[str, str]:
    """What the record keeps of a list of packages, which many runs share."""
    return {"sha256": _digest(event.data["packages"])}


def _digest(packages: dict[str, str]) -> str:
    return sha256(msgspec.json.encode(dict(sorted(packages.items()))))


def _keep_packages(session: Session, packages: dict[str, str]) -> str:
    digest = _digest(packages)
    if session.get(PackageList, digest) is None:
        row = {"sha256": digest, "packages": dict(sorted(packages.items()))}
        # Another server's run may bring the same list at this moment.
        inserting = statements.insert(session, PackageList)
        session.execute(inserting.values(row).on_conflict_do_nothing())
    return digest


def spread(values: list[Value], most: int) -> list[Value]:
    """At most so many of the values that show the course: of each stretch the lowest and the highest."""
    if len(values) <= most:
        return values
    stretches = max((most - 2) // 2, 1)
    kept = {0, len(values) - 1}
    for part in range(stretches):
        stretch = range(part * len(values) // stretches, (part + 1) * len(values) // stretches)
        comparable = [(value, at) for at in stretch if (value := values[at].value) is not None]
        if comparable:
            kept.add(min(comparable, key=itemgetter(0))[1])
            kept.add(max(comparable, key=itemgetter(0))[1])
        elif stretch:
            kept.add(stretch[0])
    return [values[at] for at in sorted(kept)]
