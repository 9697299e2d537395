"""What a run has logged, step by step, and what was installed where it executed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager

from mlabs_ext import wire
from mlabs_ext.service import orm
from mlabs_ext.service.orm_metrics import PackageList
from mlabs_ext.service.rules import Rules
from mlabs_ext.service.run_metrics import Value, of_events, spread
from mlabs_ext.service.runs import run_absent, sees_run
from mlabs_ext.service.viewers import Viewer

MOST = 2000


class RunData(Rules):
    """The rules about what belongs to one run besides its events."""

    def series(
        self, viewer: Viewer, run_id: str, names: Sequence[str] = (), points: int = MOST
    ) -> wire.RunMetrics:
        """A run's metrics, those of `names` alone where there are any; at most `points` values of each."""
        with self.store.read() as session:
            run = find_run(session, viewer, run_id)
            found = of_events(events_of(session, run, "metric"))
        wanted = [name for name in found if name in run.metrics and (not names or name in names)]
        return wire.RunMetrics(run_id, [_series(name, found[name], points) for name in sorted(wanted)])

    def packages(self, viewer: Viewer, run_id: str) -> wire.RunPackages:
        """What was installed."""
        with self.store.read() as session:
            run = find_run(session, viewer, run_id)
            row = session.get(PackageList, run.packages) if run.packages else None
            return wire.RunPackages(run_id, row.packages if row else None)


def find_run(session: Session, viewer: Viewer, run_id: str) -> orm.Run:
    """The run with its lab, if the viewer may see it."""
    query = select(orm.Run).join(orm.Run.lab).options(contains_eager(orm.Run.lab))
    run = session.scalar(query.where(orm.Run.id == run_id)) if "\0" not in run_id else None
    if run is None or not sees_run(viewer, run):
        raise run_absent(run_id)
    return run


def events_of(session: Session, run: orm.Run, only: str | None = None) -> Iterator[wire.RunEvent]:
    """The run's events in order, a few at a time."""
    columns = orm.Event.seq, orm.Event.type, orm.Event.time, orm.Event.cell, orm.Event.data
    query = select(*columns).where(orm.Event.run_key == run.key).order_by(orm.Event.seq)
    if only is not None:
        query = query.where(orm.Event.type == only)
    for row in session.execute(query.execution_options(yield_per=500)):
        yield wire.RunEvent(row.seq, row.type, row.time, row.cell, msgspec.json.decode(row.data))


def _series(name: str, values: list[Value], points: int) -> wire.MetricSeries:
    placed = [one if one.step is not None else one._replace(step=place) for place, one in enumerate(values)]
    kept = spread(placed, points)
    return wire.MetricSeries(
        name=name,
        count=len(values),
        steps=[one.step or 0 for one in kept],
        times=[one.at for one in kept],
        values=[one.value for one in kept],
    )
