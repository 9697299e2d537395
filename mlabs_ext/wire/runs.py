"""Runs and their events."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

__all__ = [
    "EventType",
    "EventsAccepted",
    "Run",
    "RunCreate",
    "RunError",
    "RunEvent",
    "RunEvents",
    "RunId",
    "RunKind",
    "RunPage",
    "RunReason",
    "RunStatus",
    "RunTotals",
]

RunKind = Literal["interactive", "batch"]
RunStatus = Literal["queued", "starting", "running", "succeeded", "failed", "stopped", "lost"]
RunReason = Literal["raised", "crashed", "out_of_memory", "timeout", "stopped", "limit", "lost"]
EventType = Literal[
    "execute", "output", "update", "clear", "done", "kernel", "usage", "metric", "packages", "asset", "end"
]
RunId = Annotated[str, Meta(pattern=r"^[0-9A-HJKMNP-TV-Z]{26}$(?!\n)")]


class RunError(Struct):
    """What ended a run; `cell` is the cell's id where the front end told it."""

    ename: str
    evalue: str
    cell: str | None = None


class Run(Struct):
    """An execution of a lab. `duration` in seconds, null until it has ended; `cells` counts executions.

    Of a batch run: `started` is when it was asked for until it begins; `reason` says why it did not succeed;
    `timeout` in seconds; `rerun_of` is the run that it repeats; `stopping`: it was asked to stop.
    `scheduled`: the lab's schedule asked for it.
    `watching` is how many have its live stream open just now.
    `metrics` has the last number of each name that it logged; `NaN`, `Infinity`, `-Infinity` go by name.
    `resources`: `{memory_peak, cpu_seconds, gpu_utilization_mean, gpu_utilization_max, gpu_memory_peak}`, as
    far as they were measured; bytes, seconds, percent.
    `expired` is when its steps and outputs were removed, since the administrator keeps them for a time only.
    """

    id: str
    lab: str
    version: int | None
    user: str
    kind: RunKind
    run_all: bool
    status: RunStatus
    busy: bool
    environment: str
    image: str | None
    accelerator: str
    parameters: dict[str, Any]
    started: datetime
    ended: datetime | None
    duration: float | None
    cells: int
    error: RunError | None
    metrics: dict[str, Any]
    code_sha256: str | None
    url: str
    reason: RunReason | None = None
    timeout: float | None = None
    rerun_of: str | None = None
    stopping: bool = False
    watching: int = 0
    resources: dict[str, Any] = {}
    expired: datetime | None = None
    scheduled: bool = False


class RunTotals(Struct):
    """How many runs there are, and of each status; at least so many where it is not `complete`."""

    runs: int
    complete: bool
    statuses: dict[str, int]


class RunCreate(Struct, forbid_unknown_fields=True):
    """Registers a run from a user's server. Registering the same id again changes nothing."""

    id: RunId
    lab: str
    started: datetime
    environment: str
    accelerator: str = "none"
    image: str | None = None
    kind: RunKind = "interactive"
    run_all: bool = False
    parameters: dict[str, Any] = {}


class RunEvent(Struct, forbid_unknown_fields=True):
    """One step of a run. `seq` counts from 1 without gaps; `cell` is the notebook cell's id where known.

    `data` by type; `execution` is the request's message id and ties the steps of one execution together:

    - `execute`: `{execution, code, execution_count}`
    - `output`: `{execution, output, display_id?}`, `output` as in nbformat 4
    - `update`: `{display_id, data, metadata}`
    - `clear`: `{execution, wait}`
    - `done`: `{execution, status: "ok"|"error"|"aborted", duration}`, seconds
    - `kernel`: `{state: "restarted"|"interrupted"|"dead"}`
    - `asset`: `{path, size, digest, type}` of a file in `outputs/`; `{path, size, error}` of one that was
      not taken; bytes
    - `usage`: `{memory_peak?, cpu_seconds?, gpu_utilization_mean?, gpu_utilization_max?, gpu_memory_peak?}`
      so far; bytes, seconds, percent
    - `metric`: `{values: {name: number}, step, points?}`: the last number of each name, which may be `"NaN"`,
      `"Infinity"` or `"-Infinity"`; `step` is null where none was given. `points` has several steps in order,
      each `[step, seconds since 1970, values]`
    - `packages`: `{packages: {name: version}}`, what is installed where the run executes; kept as `{sha256}`,
      see `GET /runs/{run}/packages`
    - `end`: `{status: "succeeded"|"failed"|"stopped"|"lost", reason?}`, `reason` as in Run
    """

    seq: Annotated[int, Meta(ge=1)]
    type: EventType
    time: datetime
    cell: str | None = None
    data: dict[str, Any] = {}


class RunEvents(Struct, forbid_unknown_fields=True):
    """A batch, in order. An empty one says that the run's server is alive."""

    events: Annotated[list[RunEvent], Meta(max_length=1000)]


class EventsAccepted(Struct):
    """Every event up to `acknowledged` is on disk and need not be sent again; `watching` as in `Run`."""

    acknowledged: int
    watching: int = 0


class RunPage(Struct):
    """A page of runs, newest first. `unavailable` says why runs that are not on this server are missing."""

    items: list[Run]
    next: str | None
    unavailable: str | None = None
