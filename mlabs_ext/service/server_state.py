"""What a server's row is after each word of the hub, and after its silence; the first word counts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from mlabs_ext import wire
from mlabs_ext.errors import Unusable
from mlabs_ext.service import orm
from mlabs_ext.service.fields import plain
from mlabs_ext.service.plan_file import Plan
from mlabs_ext.service.times import utc

# The hub's clock may differ from ours by so much; more is taken for nonsense.
SKEW = timedelta(days=1)
LOST = "Nothing was heard of it any more"
RELEASED = "It was not started"
REPLACED = "The same server was started again"


class Measured(NamedTuple):
    """Open servers by environment and accelerator, and what all people have used of hours in this month."""

    open: dict[tuple[str, str], int]
    server_hours: float
    gpu_hours: float
    community_hours: float


def begin(fields: wire.ServerCreate, plan: Plan, now: datetime) -> orm.Server:
    """A place is kept for a server."""
    return orm.Server(
        id=fields.id,
        user=fields.user,
        plan=plan.name,
        lab=fields.lab.removeprefix("@"),
        name=fields.server,
        environment=fields.environment,
        accelerator=fields.accelerator,
        accelerators=int(fields.accelerator != "none"),
        requested=now,
        seen=now,
    )


def moment(row: orm.Server, name: str, told: datetime | None, now: datetime) -> datetime | None:
    """A moment that the hub tells; Unusable where its clock cannot be right."""
    if told is None:
        return None
    moment = utc(told)
    if not row.requested - SKEW <= moment <= now + SKEW:
        raise Unusable(
            f"`{name}` is {moment.isoformat()}, but the server was asked for at {row.requested.isoformat()} "
            f"and it is {now.isoformat()} now: check the hub's clock.",
            "time_invalid",
            {"field": name},
        )
    return moment


def follow(row: orm.Server, fields: wire.ServerChange, now: datetime) -> None:
    """Bring the row up to what the hub says."""
    started, ended = (moment(row, name, getattr(fields, name), now) for name in ("started", "ended"))
    if started is not None and ended is None and not row.closed:
        revive(row, now)
    if row.started is None and started is not None:
        row.started = min(started, row.ended) if row.closed and row.ended else started
    if row.image is None and fields.image is not None:
        row.image = plain(fields.image, "image")
    if ended is not None and not row.closed:
        close(row, ended)
    if row.reason is None and fields.reason is not None:
        row.reason = plain(fields.reason, "reason")
    row.seen = max(row.seen, now)


def close(row: orm.Server, ended: datetime) -> None:
    """An end by the hub's own word, in the place of one that was concluded."""
    row.ended = ended if row.started is None else max(ended, row.started)
    row.closed = True
    if row.reason in (LOST, RELEASED):
        row.reason = None


def conclude(row: orm.Server, reason: str) -> None:
    """An end that nobody reported: with the last word that was heard."""
    row.ended = max(row.seen, row.started or row.requested)
    row.reason = row.reason or reason


def revive(row: orm.Server, now: datetime) -> None:
    """One that was taken for gone is heard of again, unless another has its place."""
    if row.ended is None or row.reason == REPLACED:
        return
    row.ended, row.seen = None, now
    if row.reason in (LOST, RELEASED):
        row.reason = None
