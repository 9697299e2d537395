"""What an administrator wrote about plans, as plans; or what is wrong with it, by plan and key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from mlabs_ext import wire
from mlabs_ext.accelerators import COMMUNITY, NONE
from mlabs_ext.catalogue import MEMORY_UNITS, Catalogue
from mlabs_ext.errors import MLabsError

NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9 ._-]{0,58}[A-Za-z0-9])?")
SIZE = re.compile(r"([1-9][0-9]*)([KMGT])")
Hours = Annotated[float, Meta(ge=0, le=1_000_000)]
Seconds = Annotated[float, Meta(gt=0, le=1_000_000_000)]
Count = Annotated[int, Meta(ge=0, le=1_000_000)]


class InvalidPlan(MLabsError):
    """A configuration that no plan can be made of; `detail` names `plan` and `key`."""

    code = "plan_invalid"

    def __init__(self, plan: str, key: str | None, reason: str):
        where = f"plan {plan!r}" if key is None else f"plan {plan!r}, key {key!r}"
        super().__init__(f"c.Plans.plans: {where}: {reason}", detail={"plan": plan, "key": key})


class Written(Struct, forbid_unknown_fields=True):
    """A plan as it is written in the configuration; what is left out is not limited."""

    groups: list[str] | None = None
    cpu_hours: Hours | None = None
    gpu_hours: Hours | None = None
    community_hours: Hours | None = None
    concurrent_servers: Count | None = None
    concurrent_runs: Count | None = None
    memory: str | None = None
    cpus: Annotated[float, Meta(gt=0, le=10_000)] | None = None
    storage: str | None = None
    longest_run: Seconds | None = None
    idle_timeout: Seconds | None = None
    environments: list[str] | None = None
    accelerators: list[str] | None = None


class Plan(Struct, frozen=True):
    """What a person may use; `groups` is None where it is everybody's."""

    name: str
    limits: wire.Limits
    groups: frozenset[str] | None = None

    @property
    def hourly(self) -> bool:
        """Whether it counts hours."""
        limits = self.limits
        return any(
            hours is not None for hours in (limits.cpu_hours, limits.gpu_hours, limits.community_hours)
        )

    @property
    def ends(self) -> bool:
        """Whether servers may have to be stopped under it."""
        return self.hourly or self.limits.longest_run is not None

    def allows(self, environment: str, accelerator: str) -> bool:
        """Whether servers of this kind may be started at all."""
        limits = self.limits
        fits = limits.environments is None or environment in limits.environments
        return fits and (limits.accelerators is None or accelerator in limits.accelerators)

    def shown(self) -> wire.Plan:
        """The plan as the outside sees it."""
        return wire.Plan(self.name, self.limits)


def unlimited(name: str = "unlimited") -> Plan:
    """The plan where none are configured."""
    return Plan(name, wire.Limits(**dict.fromkeys(wire.Limits.__struct_fields__)))


def nothing() -> Plan:
    """The plan of people whom none of the configured ones is for."""
    limits = msgspec.structs.asdict(unlimited().limits)
    limits |= {"concurrent_servers": 0, "concurrent_runs": 0, "environments": [], "accelerators": []}
    return Plan("none", wire.Limits(**limits))


def read(written: Mapping[str, Any], catalogue: Catalogue) -> dict[str, Plan]:
    """All plans by name, in the order in which they are written; raise InvalidPlan."""
    known = Catalogue(extra=catalogue.extra)
    return {name: _plan(name, fields, known) for name, fields in written.items()}


def _plan(name: Any, fields: Any, catalogue: Catalogue) -> Plan:
    if not (isinstance(name, str) and NAME.fullmatch(name)):
        raise InvalidPlan(
            str(name)[:80], None, "a plan's name is 1 to 60 letters, digits, '-', '.', '_' or spaces"
        )
    given = _written(name, fields)
    _check_catalogue(name, given, catalogue)
    limits = {key: getattr(given, key) for key in wire.Limits.__struct_fields__}
    limits["memory"] = _bytes(name, "memory", given.memory)
    limits["storage"] = _bytes(name, "storage", given.storage)
    limits["accelerators"] = _accelerators(given, catalogue)
    return Plan(name, wire.Limits(**limits), None if given.groups is None else frozenset(given.groups))


def _written(name: str, fields: Any) -> Written:
    """The fields by their types; msgspec's words name the key last."""
    if not isinstance(fields, Mapping):
        raise InvalidPlan(name, None, f"write it as a dict of limits, not as {fields!r:.80}")
    for key in fields:
        if key not in Written.__struct_fields__:
            raise InvalidPlan(
                name, str(key), f"there is no such key; there are: {', '.join(Written.__struct_fields__)}"
            )
    try:
        return msgspec.convert(dict(fields), Written)
    except msgspec.ValidationError as error:
        reason, _, where = str(error).partition(" - at `$.")
        key = re.match(r"\w+", where)
        raise InvalidPlan(name, key and key[0], f"{reason[:1].lower()}{reason[1:]}") from error


def _bytes(plan: str, key: str, text: str | None) -> int | None:
    if text is None:
        return None
    size = SIZE.fullmatch(text)
    if not size:
        raise InvalidPlan(plan, key, f"{text!r:.80} is no size: write a number and K, M, G or T, like '4G'")
    return int(size[1]) * MEMORY_UNITS[size[2]]


def _accelerators(given: Written, catalogue: Catalogue) -> list[str]:
    """Without a word on them there are none; hours on them are such a word."""
    if given.accelerators is not None:
        return given.accelerators
    gpus = _made_for(catalogue) if given.gpu_hours else []
    return [NONE, *gpus, *([COMMUNITY] if given.community_hours else [])]


def _made_for(catalogue: Catalogue) -> list[str]:
    """The accelerators that environments are made for."""
    every = {accelerator for spec in catalogue.all() for accelerator in spec.accelerators}
    return sorted(every - {NONE})


def _check_catalogue(plan: str, given: Written, catalogue: Catalogue) -> None:
    """Environments that are not offered now may be named, those that do not exist may not."""
    there = {
        "environments": [spec.name for spec in catalogue.all()],
        "accelerators": [NONE, *_made_for(catalogue), COMMUNITY],
    }
    for key, names in there.items():
        unknown = [name for name in getattr(given, key) or () if name not in names]
        if unknown:
            raise InvalidPlan(plan, key, f"there is no {unknown[0]!r:.80}; there are: {', '.join(names)}")
