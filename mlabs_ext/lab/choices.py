"""The environments that this server's owner may choose, for the front end and for kernels."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from mlabs_ext.errors import MLabsError, NotFound
from mlabs_ext.lab.client import Client
from mlabs_ext.wire import Allowance, Environment

# Seconds that an answer is good for.
FRESH = 60.0


class PlanLimits(Struct):
    """What a plan says about runtimes; None where it allows all."""

    environments: list[str] | None = None
    accelerators: list[str] | None = None
    cpu_hours: float | None = None
    gpu_hours: float | None = None
    community_hours: float | None = None


class Used(Struct):
    """The hours of this month that are used up."""

    cpu_hours: float = 0.0
    gpu_hours: float = 0.0
    community_hours: float = 0.0


class Plan(Struct):
    """The plan of a person."""

    name: str
    limits: PlanLimits = msgspec.field(default_factory=PlanLimits)


class Person(Struct):
    """What matters here of who a person is; a service without plans says nothing of one."""

    plan: Plan | None = None
    usage: Used = msgspec.field(default_factory=Used)
    period_end: datetime | None = None


class Catalogue(Struct):
    """The file that `%runtime` reads."""

    environments: list[Environment]


class Choices:
    """The catalogue as far as the plan goes. An answer is kept for a minute, or until there is another."""

    def __init__(self, client: Client, file: Path):
        self._client = client
        self._file = file
        self._known: list[Environment] = []
        self.allowance: Allowance | None = None
        self._asked = float("-inf")

    async def all(self) -> list[Environment]:
        """All environments; Unavailable where the service has never answered."""
        if time.monotonic() - self._asked > FRESH:
            try:
                self._known = await self._ask()
            except MLabsError:
                if not self._known:
                    raise
            else:
                self._asked = time.monotonic()
                self._tell_kernels()
        return self._known

    async def watch(self) -> None:
        """Keep the kernels' file up to date, until cancelled."""
        while True:
            try:
                await self.all()
            except MLabsError:
                pause = FRESH / 4
            else:
                pause = FRESH * 5
            await asyncio.sleep(pause)

    async def _ask(self) -> list[Environment]:
        environments = await self._client.get("environments", list[Environment])
        try:
            me = await self._client.get("me", Person)
        except NotFound:
            me = Person()
        self.allowance = allowance(me, environments)
        return [within(environment, me.plan) for environment in environments] if me.plan else environments

    def _tell_kernels(self) -> None:
        """Kernels may be reading: the file is replaced as a whole."""
        partial = self._file.with_suffix(".partial")
        partial.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial.write_bytes(msgspec.json.encode(Catalogue(self._known)))
        partial.rename(self._file)


def within(environment: Environment, plan: Plan) -> Environment:
    """The environment as the plan allows it."""
    limits = plan.limits
    if limits.environments is not None and environment.name not in limits.environments:
        if not environment.available:
            return environment
        reason = f"It is not part of the plan {plan.name!r}."
        return msgspec.structs.replace(environment, available=False, reason=reason)
    if limits.accelerators is None:
        return environment
    allowed = [kind for kind in environment.accelerators if kind == "none" or kind in limits.accelerators]
    return msgspec.structs.replace(environment, accelerators=allowed)


def allowance(me: Person, environments: list[Environment]) -> Allowance | None:
    """What is left of a person's plan; None where there are no plans."""
    if me.plan is None:
        return None
    limits = me.plan.limits
    there = {kind: None for each in environments for kind in each.accelerators if kind != "none"}
    allowed = there if limits.accelerators is None else limits.accelerators
    return Allowance(
        plan=me.plan.name,
        cpu_hours_left=left(limits.cpu_hours, me.usage.cpu_hours),
        gpu_hours_left=left(limits.gpu_hours, me.usage.gpu_hours),
        period_end=me.period_end,
        withheld=[kind for kind in there if kind not in allowed],
        community_hours_left=left(limits.community_hours, me.usage.community_hours),
    )


def left(limit: float | None, used: float) -> float | None:
    """Hours; None where there is no limit."""
    return None if limit is None else max(0.0, limit - used)
