"""Schedules: when a lab runs by itself, and whether a version gave its result once more."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from mlabs_ext.wire.runs import Run

__all__ = ["Reproduced", "Schedule", "ScheduleChange", "ScheduleImage"]

ScheduleImage = Literal["recorded", "current"]


class ScheduleChange(Struct, forbid_unknown_fields=True):
    """When a lab's latest version runs by itself, and how; it takes the place of the schedule before.

    `cron`: minute, hour, day of the month, month, day of the week, in the IANA `timezone`. `image`: the one
    that the version's last run recorded, where it is still there, or the environment's current one.
    `environment`, `accelerator`, `parameters` and `timeout` (seconds) as of a batch run; null is as the lab
    has it. `paused` keeps it from running.
    """

    cron: Annotated[str, Meta(max_length=100)]
    timezone: Annotated[str, Meta(max_length=60)] = "UTC"
    image: ScheduleImage = "recorded"
    environment: Annotated[str, Meta(max_length=60)] | None = None
    accelerator: Annotated[str, Meta(max_length=60)] | None = None
    parameters: dict[str, Any] | None = None
    timeout: Annotated[float, Meta(gt=0, le=31_536_000)] | None = None
    paused: bool = False


class Schedule(Struct):
    """A lab's schedule. `next` is when it runs next, null while it is paused; `upcoming` are three times.

    `paused` is since when it is, `reason` why, where nobody paused it themselves. `failures` is how many
    times in a row it failed. `note` says what became of the time `noted`, where no run came of it. `last` is
    the last run that it began.
    """

    lab: str
    cron: str
    timezone: str
    image: ScheduleImage
    environment: str | None
    accelerator: str | None
    parameters: dict[str, Any] | None
    timeout: float | None
    next: datetime | None
    upcoming: list[datetime]
    paused: datetime | None
    reason: str | None
    failures: int
    note: str | None
    noted: datetime | None
    last: Run | None
    created: datetime
    updated: datetime


class Reproduced(Struct):
    """The last time that a version ran once more in the image of an earlier run of it, to its end.

    `passed`: without an error. `run` is that run's id.
    """

    passed: bool
    version: int
    ended: datetime
    image: str
    run: str
    url: str
