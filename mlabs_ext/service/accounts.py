"""A person's plan against what they use: what is left, what keeps servers from starting, when they end."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from mlabs_ext.accelerators import COMMUNITY, counted
from mlabs_ext.errors import Forbidden, MLabsError, TooMany
from mlabs_ext.names import run_of_server
from mlabs_ext.service.ledger import HOUR, Budget, End, Open, Period, Used
from mlabs_ext.service.plan_file import Plan

# A place may become free at any time: soon enough to be asked about again.
SOON = 30
# What a plan has hours of in a month, and what they are called.
KINDS = {"cpu": "server hours", "gpu": "GPU hours", COMMUNITY: "hours on community machines"}


@dataclass(frozen=True)
class Account:
    """One person at one moment: their plan, their hours of this month, their open servers."""

    plan: Plan
    used: Used
    open: list[Open]
    now: datetime

    def hours(self, kind: str) -> float | None:
        """What the plan has of this kind of hours in a month; None without a limit."""
        hours: float | None = getattr(self.plan.limits, f"{kind}_hours")
        return hours

    def hours_left(self, kind: str) -> float | None:
        """What is left of them this month; None without a limit."""
        hours, used = self.hours(kind), getattr(self.used, kind)
        return None if hours is None else max(0.0, (hours * HOUR - used) / HOUR)

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
        for kind in ("cpu", counted(accelerator)):
            if kind and self.hours_left(kind) == 0:
                yield self._used_up(kind)
        if run is None and self.places_left == 0:
            yield self._no_place()
        if run is not None and _room(self.plan.limits.concurrent_runs, len(self.runs - {run})) == 0:
            yield self._no_run()

    def _used_up(self, kind: str) -> MLabsError:
        end = Period.of(self.now).end
        return TooMany(
            f"{self._reason(kind)}. There are new ones from "
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
        for kind, end in self._empty.items():
            if end is not None and server.rate(kind):
                yield End(end, self._reason(kind))

    def _reason(self, kind: str) -> str:
        return f"Your plan's {self.hours(kind):g} {KINDS[kind]} of this month are used up"

    @cached_property
    def _empty(self) -> dict[str, datetime | None]:
        """When each kind is used up: what is left is shared by all that run, so it is one moment for all."""
        running = [server for server in self.open if server.started is not None]
        rates = {kind: sum(server.rate(kind) for server in running) for kind in KINDS}
        return {kind: self._end(kind, rate) for kind, rate in rates.items()}

    def _end(self, kind: str, rate: int) -> datetime | None:
        hours = self.hours(kind)
        return None if hours is None else Budget(hours * HOUR, getattr(self.used, kind), rate).empty(self.now)


def _room(most: int | None, taken: int) -> int | None:
    return None if most is None else max(0, most - taken)


def spoken(seconds: float) -> str:
    """A duration as a person would say it: `43200` is "12 hours"."""
    for unit, size in (("hour", 3600), ("minute", 60)):
        if seconds >= size and seconds % size == 0:
            return _counted(seconds // size, unit)
    return _counted(seconds, "second")


def _counted(number: float, unit: str) -> str:
    return f"{number:g} {unit}{'' if number == 1 else 's'}"
