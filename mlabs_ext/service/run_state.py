"""What a run is after each of its events: the one place that decides status, error and counts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from mlabs_ext import wire
from mlabs_ext.errors import Conflict
from mlabs_ext.service import orm
from mlabs_ext.service.run_events import Done, End, Execute, Failure, Kernel, Metric, Output, Usage, checked
from mlabs_ext.service.times import utc

MAX_TEXT = 2000
MAX_METRICS = 200


def follow(run: orm.Run, event: wire.RunEvent) -> None:
    """Bring the run's row up to the event, which comes right after the last one."""
    if run.closed:
        raise Conflict("This run has ended; nothing follows its end.", "run_ended")
    data = checked(event)
    run.last_seq = event.seq
    if isinstance(data, Execute):
        run.executing = data.execution
        run.cells += 1
    elif isinstance(data, Output) and isinstance(data.output, Failure):
        run.error = _error(data.output, event.cell)
    elif isinstance(data, Done):
        _done(run, data)
    elif isinstance(data, Kernel) and data.state != "interrupted":
        run.executing = None
    elif isinstance(data, Usage):
        run.resources = run.resources | msgspec.to_builtins(data)
    elif isinstance(data, Metric):
        run.metrics = bounded(run.metrics, data.values)
    elif isinstance(data, End):
        _end(run, data, event)


def bounded(metrics: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """The metrics with what is new; names beyond the first `MAX_METRICS` are left out."""
    room = MAX_METRICS - len(metrics)
    new = [name for name in values if name not in metrics][: max(room, 0)]
    return metrics | {name: value for name, value in values.items() if name in metrics or name in new}


def _error(failure: Failure, cell: str | None) -> dict[str, Any]:
    return {"ename": failure.ename[:MAX_TEXT], "evalue": failure.evalue[:MAX_TEXT], "cell": cell}


def _done(run: orm.Run, data: Done) -> None:
    if run.executing == data.execution:
        run.executing = None
    if data.status == "ok":
        run.error = None


def _end(run: orm.Run, data: End, event: wire.RunEvent) -> None:
    run.status, run.closed, run.executing = data.status, True, None
    run.reason = data.reason or ("lost" if data.status == "lost" else None)
    # The interrupt by which somebody stopped it is no error of the notebook's.
    if data.status == "succeeded" or run.reason in ("stopped", "limit"):
        run.error = None
    finish(run, utc(event.time))


def finish(run: orm.Run, moment: datetime) -> None:
    """Note when a run ended; clocks that disagree make no negative duration."""
    run.ended = max(moment, run.started)
    run.duration = (run.ended - run.started).total_seconds()


def revive(run: orm.Run) -> None:
    """A run that was taken for lost is heard of again."""
    run.status, run.ended, run.duration, run.reason = "running", None, None, None
