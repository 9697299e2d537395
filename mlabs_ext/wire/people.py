"""People: what they may use, and what they have used."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from mlabs_ext.wire.servers import Server

__all__ = ["Limits", "Me", "Person", "Plan", "PlanChoice", "Preflight", "Problem", "Usage"]


class Usage(Struct):
    """What a person has used. `storage_bytes` counts each blob of theirs once.

    `cpu_hours` are the hours that servers of theirs ran in this period, `gpu_hours` the same times the
    accelerators that they held, `community_hours` those on machines that others lend; `servers` are open now.
    """

    labs: int
    runs: int
    running: int
    storage_bytes: int
    cpu_hours: float = 0.0
    gpu_hours: float = 0.0
    community_hours: float = 0.0
    servers: int = 0


class Limits(Struct):
    """What a plan allows; null is no limit. Memory and storage in bytes, durations in seconds."""

    cpu_hours: float | None
    gpu_hours: float | None
    community_hours: float | None
    concurrent_servers: int | None
    concurrent_runs: int | None
    memory: int | None
    cpus: float | None
    storage: int | None
    longest_run: float | None
    idle_timeout: float | None
    environments: list[str] | None
    accelerators: list[str] | None


class Plan(Struct):
    """A plan by its name, and what it allows."""

    name: str
    limits: Limits


class Me(Struct):
    """The person behind the request. `period_end` is when this month's hours begin anew."""

    name: str
    admin: bool
    usage: Usage
    plan: Plan
    period_end: datetime


class PlanChoice(Struct, forbid_unknown_fields=True):
    """The plan that an administrator gives to a person, whatever their groups say."""

    plan: str


class Person(Struct):
    """A person as administrators see them; `override` is the plan that an administrator gave them."""

    name: str
    admin: bool
    groups: list[str]
    plan: Plan
    override: str | None
    usage: Usage
    servers: list[Server]
    seen: datetime


class Problem(Struct):
    """What keeps a lab from being started now: a stable code, and words for a person."""

    code: str
    message: str


class Preflight(Struct):
    """Whether the asker may start a lab now, all that is in the way, and what is left of their plan.

    Null is no limit.
    """

    ok: bool
    problems: list[Problem]
    plan: str
    cpu_hours_left: float | None
    gpu_hours_left: float | None
    places_left: int | None
    community_hours_left: float | None = None
