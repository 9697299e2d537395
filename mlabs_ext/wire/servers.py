"""Servers: environments, the ledger, and where a notebook runs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from mlabs_ext.wire.runs import RunId

__all__ = [
    "Allowance",
    "Environment",
    "Grant",
    "RuntimeChoice",
    "RuntimeRunning",
    "RuntimeState",
    "Server",
    "ServerChange",
    "ServerCreate",
    "ServerEnd",
    "ServerLimits",
    "ServersAlive",
]


class Environment(Struct):
    """An entry of the catalogue. `available` is false where it cannot be used here, and `reason` says why."""

    name: str
    title: str
    description: str
    frameworks: dict[str, str]
    python: str | None
    accelerators: list[str]
    available: bool
    default: bool
    reason: str | None = None


class ServerCreate(Struct, forbid_unknown_fields=True):
    """Asks for a place for a server; from the hub. The same id again gets the same answer."""

    id: RunId
    user: Annotated[str, Meta(min_length=1, max_length=255)]
    lab: Annotated[str, Meta(max_length=320)]
    server: Annotated[str, Meta(max_length=255)]
    environment: Annotated[str, Meta(max_length=60)]
    accelerator: Annotated[str, Meta(max_length=60)] = "none"
    admin: bool = False
    groups: list[str] = []


class Grant(Struct):
    """A place for a server, and what it may use: bytes, cores, seconds; null is no limit.

    `ends` is when it would be stopped if it started now. `data` is a folder with the datasets of its lab, for
    a spawner that mounts it; null where the server fetches them.
    """

    id: str
    plan: str
    memory: int | None
    cpus: float | None
    idle_timeout: float | None
    ends: datetime | None
    data: str | None = None


class ServerChange(Struct, forbid_unknown_fields=True):
    """What became of a server; from the hub. What is known already stays: the first word counts."""

    started: datetime | None = None
    ended: datetime | None = None
    image: Annotated[str, Meta(max_length=500)] | None = None
    reason: Annotated[str, Meta(max_length=500)] | None = None


class ServersAlive(Struct, forbid_unknown_fields=True):
    """The servers that start or run now; from the hub, about every ten seconds."""

    ids: Annotated[list[RunId], Meta(max_length=10_000)]


class ServerEnd(Struct):
    """When a server will be stopped at the latest, and why; null where nothing limits it."""

    id: str
    ends: datetime | None
    reason: str | None


class Server(Struct):
    """A server of a person's: asked for, and where it came to that, `started` and `ended`.

    `ends` is when it will be stopped at the latest. `reason` says why then; of an ended one, why it ended.
    """

    id: str
    user: str
    lab: str
    server: str
    environment: str
    accelerator: str
    image: str | None
    plan: str
    requested: datetime
    started: datetime | None
    ended: datetime | None
    ends: datetime | None
    reason: str | None


class RuntimeChoice(Struct, forbid_unknown_fields=True):
    """Where a notebook is to run."""

    environment: str
    accelerator: str = "none"


class RuntimeRunning(Struct):
    """Where this server's kernels run. `image` is what a run records of it."""

    environment: str
    accelerator: str
    image: str | None


class Allowance(Struct):
    """What is left of a person's plan until `period_end`: hours, null without a limit.

    `withheld` are accelerators that there are here, and that the plan does not have.
    """

    plan: str
    cpu_hours_left: float | None
    gpu_hours_left: float | None
    period_end: datetime | None
    withheld: list[str] = []
    community_hours_left: float | None = None


class RuntimeState(Struct):
    """Where a notebook is to run, and where it does.

    `lab` is the lab of one's own that it belongs to; without one there is nothing to restart. `restart`: the
    two differ, and `restart_url` leads to where it is as wanted. `problem` says why what the notebook asks
    for cannot be had. `environments` holds what this person may choose, `allowance` what is left of their
    plan. `waits` has a sentence for each accelerator about the wait for one. `ends`, `reason` and `plan`
    are as in ServerLimits.
    """

    lab: str | None
    wanted: RuntimeChoice
    running: RuntimeRunning
    restart: bool
    restart_url: str
    problem: str | None
    ends: datetime | None
    reason: str | None
    plan: str | None
    environments: list[Environment]
    allowance: Allowance | None = None
    waits: dict[str, str] = {}


class ServerLimits(Struct):
    """When this server will be stopped, if that is known, and why; `left` in seconds, by its own clock."""

    ends: datetime | None
    left: float | None
    reason: str | None
    plan: str | None
