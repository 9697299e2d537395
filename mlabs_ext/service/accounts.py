"""A person's plan against what they use: what is left, what keeps servers from starting, when they end."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from mlabs_ext.errors import Forbidden, MLabsError, TooMany
from mlabs_ext.names import run_of_server
from mlabs_ext.service.ledger import HOUR, Budget, End, Open, Period, Used
from mlabs_ext.service.plan_file import Plan

# A place may become free at any time: soon enough to be asked about again.
SOON = 30


@dataclass(frozen=True)
class Account:
    """One person at one moment: their plan, their hours of this month, their open servers."""

    plan: Plan
    used: Used
    open: list[Open]
    now: datetime

    @property
    def cpu_hours_left(self) -> float | None:
        """Hours that servers may still run this month; None without a limit."""
        return _left(self.plan.limits.cpu_hours, self.used.cpu)

    @property
    def gpu_hours_left(self) -> float | None:
        """The same for accelerators."""
        return _left(self.plan.limits.gpu_hours, self.used.gpu)

    @property
    def places_left(self) -> int | None:
        """How many more servers may be open, beside those of batch runs."""
        return _room(self.plan.limits.concurrent_servers, len(self.open) - len(self.runs))

    @property
    def runs(self) -> set[str]:
        """The batch runs that have a server."""
        return {run for server in self.open if (run := run_of_server(server.name))}

    def runs_left(self, others: set[str]) -> int | None:
        """How many more batch runs may begin beside those with a server and these; None without a limit."""
        return _room(self.plan.limits.concurrent_runs, len(self.runs | others))

    def in_the_way(self, accelerator: str, run: str | None = None) -> Iterator[MLabsError]:
        """What keeps another server from being started now, for as long as nothing changes.

        `run` is the batch run that it is for.
        """
        if self.cpu_hours_left == 0:
            yield self._used_up(self.plan.limits.cpu_hours, "server hours")
        if self.gpu_hours_left == 0 and accelerator != "none":
            yield self._used_up(self.plan.limits.gpu_hours, "GPU hours")
        if run is None and self.places_left == 0:
            yield self._no_place()
        if run is not None and _room(self.plan.limits.concurrent_runs, len(self.runs - {run})) == 0:
            yield self._no_run()

    def _used_up(self, hours: float | None, what: str) -> MLabsError:
        end = Period.of(self.now).end
        return TooMany(
            f"Your plan's {hours:g} {what} of this month are used up. There are new ones from "
            f"{end:%d %B %Y} (UTC) on; until then ask an administrator for another plan.",
            "plan_used_up",
            {"retry_after": math.ceil((end - self.now).total_seconds()), "until": end.isoformat()},
        )

    def _no_place(self) -> MLabsError:
        most = self.plan.limits.concurrent_servers
        labs = sorted({server.lab for server in self.open if not run_of_server(server.name)})
        servers = "one server" if most == 1 else f"{most} servers"
        what = f"Stop {' or '.join(labs[:5])} first, or try again later." if labs else "Ask an administrator."
        return TooMany(
            f"Your plan {self.plan.name!r} runs {servers} at a time. {what}",
            "too_many_servers",
            {"retry_after": SOON, "labs": labs},
        )

    def _no_run(self) -> MLabsError:
        most = self.plan.limits.concurrent_runs
        if most == 0:
            return Forbidden(
                f"Your plan {self.plan.name!r} has no batch runs; ask an administrator.", "plan_forbids"
            )
        runs = "one batch run" if most == 1 else f"{most} batch runs"
        return TooMany(
            f"Your plan {self.plan.name!r} runs {runs} at a time; the next one waits.",
            "too_many_runs",
            {"retry_after": SOON},
        )

    def end(self, server: Open) -> End | None:
        """When a server has to be stopped; one that has not started yet as if it did so now."""
        started = server.started or self.now
        ends = [*self._longest(started), *self._of_hours(server)]
        end = min(ends, key=lambda end: end.moment, default=None)
        return end and End(max(end.moment, started), end.reason)

    def _longest(self, started: datetime) -> Iterator[End]:
        longest = self.plan.limits.longest_run
        if longest is not None:
            reason = f"Servers of the plan {self.plan.name!r} run at most {spoken(longest)}"
            yield End(started + timedelta(seconds=longest), reason)

    def _of_hours(self, server: Open) -> Iterator[End]:
        if self._cpu_end is not None:
            yield End(self._cpu_end, self._reason(self.plan.limits.cpu_hours, "server hours"))
        if self._gpu_end is not None and server.accelerators:
            yield End(self._gpu_end, self._reason(self.plan.limits.gpu_hours, "GPU hours"))

    def _reason(self, hours: float | None, what: str) -> str:
        return f"Your plan's {hours:g} {what} of this month are used up"

    @cached_property
    def _cpu_end(self) -> datetime | None:
        return self._empty(self.plan.limits.cpu_hours, self.used.cpu, [1 for _ in self._running])

    @cached_property
    def _gpu_end(self) -> datetime | None:
        held = [server.accelerators for server in self._running]
        return self._empty(self.plan.limits.gpu_hours, self.used.gpu, held)

    def _empty(self, hours: float | None, used: timedelta, rates: list[int]) -> datetime | None:
        """What is left is shared by all that run, so it is used up for all of them at one moment."""
        return None if hours is None else Budget(hours * HOUR, used, sum(rates)).empty(self.now)

    @property
    def _running(self) -> list[Open]:
        return [server for server in self.open if server.started is not None]


def _room(most: int | None, taken: int) -> int | None:
    return None if most is None else max(0, most - taken)


def _left(hours: float | None, used: timedelta) -> float | None:
    return None if hours is None else max(0.0, (hours * HOUR - used) / HOUR)


def spoken(seconds: float) -> str:
    """A duration as a person would say it: `43200` is "12 hours"."""
    for unit, size in (("hour", 3600), ("minute", 60)):
        if seconds >= size and seconds % size == 0:
            return _counted(seconds // size, unit)
    return _counted(seconds, "second")


def _counted(number: float, unit: str) -> str:
    return f"{number:g} {unit}{'' if number == 1 else 's'}"
