"""What a run has logged, step by step, and what was installed where it executed."""

from __future__ import annotations

from collections.abc import Sequence

from mlabs_ext import wire
from mlabs_ext.service.orm_metrics import PackageList
from mlabs_ext.service.rules import Rules
from mlabs_ext.service.run_metrics import Value, of_events, spread
from mlabs_ext.service.run_rows import find_run, stored_events
from mlabs_ext.service.viewers import Viewer

MOST = 2000


class RunData(Rules):
    """The rules about what belongs to one run besides its events."""

    def series(
        self, viewer: Viewer, run_id: str, names: Sequence[str] = (), points: int = MOST
    ) -> wire.RunMetrics:
        """A run's metrics, those of `names` alone where there are any; at most `points` values of each."""
        with self.store.read(whole=True) as session:
            run = find_run(session, viewer, run_id)
            found = of_events(stored_events(session, run, only="metric"))
        wanted = [name for name in found if name in run.metrics and (not names or name in names)]
        return wire.RunMetrics(run_id, [_series(name, found[name], points) for name in sorted(wanted)])

    def packages(self, viewer: Viewer, run_id: str) -> wire.RunPackages:
        """What was installed."""
        with self.store.read() as session:
            run = find_run(session, viewer, run_id)
            row = session.get(PackageList, run.packages) if run.packages else None
            return wire.RunPackages(run_id, row.packages if row else None)


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
