"""The tables of the community pool: searches, their jobs, leases of slices, and those who hold them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import BigInteger, Float, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from mlabs_ext.service.orm import Base
from mlabs_ext.service.orm_types import Json, Moment, Time, only
from mlabs_ext.wire.community import JobStatus, SearchStatus, SliceStatus

# What the small indexes hold. Queries use these very words: only then are the indexes good for them.
WAITS = "status = 'queued' AND reason IS NULL"
ALIVE = "ended IS NULL"
LIVE = "status = 'live'"
# A lease that holds its job: nobody else is given work on it meanwhile.
HOLDS = "status IN ('live', 'received', 'doubted') AND checks IS NULL"
TO_JUDGE = "status IN ('received', 'doubted')"
TO_CHECK = "checking = 'open'"
KEPT = "blob IS NOT NULL"


class PoolData(Base):
    """Rows that somebody sent, as a blob. `count`, `x` and `y` are as in its header; `size` in bytes."""

    __tablename__ = "pool_data"

    owner: Mapped[str] = mapped_column(String(255), primary_key=True)
    blob: Mapped[str] = mapped_column(String(71), primary_key=True, index=True)
    size: Mapped[int] = mapped_column(BigInteger)
    count: Mapped[int]
    x: Mapped[list[int]] = mapped_column(Json)
    y: Mapped[int]
    low: Mapped[float] = mapped_column(Float(53))
    high: Mapped[float] = mapped_column(Float(53))
    created: Mapped[datetime] = mapped_column(Time, index=True)


class PoolSearch(Base):
    """What somebody asked for. `rung` is how many of the `rungs` are passed."""

    __tablename__ = "pool_search"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    owner: Mapped[str] = mapped_column(String(255))
    title: Mapped[str] = mapped_column(Text)
    status: Mapped[SearchStatus] = mapped_column(String(10), default="running")
    train: Mapped[str] = mapped_column(String(71), index=True)
    held_out: Mapped[str] = mapped_column(String(71), index=True)
    dataset: Mapped[str | None] = mapped_column(String(320))
    every: Mapped[int | None]
    rungs: Mapped[list[int]] = mapped_column(Json, default=list)
    keep: Mapped[float] = mapped_column(Float(53), default=0.5)
    rung: Mapped[int] = mapped_column(default=0)
    created: Mapped[datetime] = mapped_column(Time)
    ended: Mapped[datetime | None] = mapped_column(Time, index=True)

    __table_args__ = (Index("ix_pool_search_owner", "owner", "created", "id"),)


class PoolJob(Base):
    """A network that is trained. `epoch` is the last that was accepted, by the lease `head`.

    `every` is how many epochs a slice has, `work` million multiply-adds of an epoch; `tries` is how often the
    slice that is due was begun.
    """

    __tablename__ = "pool_job"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    search_id: Mapped[str] = mapped_column(ForeignKey("pool_search.id", ondelete="CASCADE"))
    number: Mapped[int]
    owner: Mapped[str] = mapped_column(String(255))
    status: Mapped[JobStatus] = mapped_column(String(10), default="queued")
    reason: Mapped[str | None] = mapped_column(String(20))
    error: Mapped[dict[str, Any] | None] = mapped_column(Json)
    spec: Mapped[dict[str, Any]] = mapped_column(Json)
    parameters: Mapped[int]
    epochs: Mapped[int]
    epoch: Mapped[int] = mapped_column(default=0)
    head: Mapped[str | None] = mapped_column(String(26))
    every: Mapped[int]
    work: Mapped[float] = mapped_column(Float(53))
    tries: Mapped[int] = mapped_column(default=0)
    waiting: Mapped[datetime | None] = mapped_column(Moment)
    created: Mapped[datetime] = mapped_column(Time)
    ended: Mapped[datetime | None] = mapped_column(Time)

    __table_args__ = (
        Index("ix_pool_job_search", "search_id", "number"),
        Index("ix_pool_job_waits", "owner", "waiting", "id", **only(WAITS)),
        Index("ix_pool_job_alive", "owner", **only(ALIVE)),
    )


class PoolLease(Base):
    """One worker's go at a slice, and what came of it. Without a worker it was the server's own.

    `by` is the worker's public name. `checks` is the lease whose slice it does once more. `task` tells what
    was to be done: two leases of the same task may come to the very same. `print` tells the weights that
    came. `blob` is the checkpoint, for as long as somebody may need it. `checking` says how far a check of it
    is: none, open, out, agreed, unchecked. `worse` says that it was much worse than where it began; `asked`
    is how often the referee was asked.
    """

    __tablename__ = "pool_lease"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("pool_job.id", ondelete="CASCADE"))
    worker_id: Mapped[str | None] = mapped_column(ForeignKey("pool_worker.id", ondelete="SET NULL"))
    by: Mapped[str | None] = mapped_column(String(60))
    owner: Mapped[str] = mapped_column(String(255))
    checks: Mapped[str | None] = mapped_column(String(26), index=True)
    status: Mapped[SliceStatus] = mapped_column(String(10), default="live")
    reason: Mapped[str | None] = mapped_column(String(40))
    start: Mapped[str | None] = mapped_column(String(71))
    before: Mapped[int]
    to: Mapped[int] = mapped_column("until_epoch")
    task: Mapped[str] = mapped_column(String(64))
    begun: Mapped[datetime] = mapped_column(Moment)
    expires: Mapped[datetime] = mapped_column(Moment)
    ended: Mapped[datetime | None] = mapped_column(Moment)
    epoch: Mapped[int]
    digest: Mapped[str | None] = mapped_column(String(71))
    print: Mapped[str | None] = mapped_column(String(64), index=True)
    blob: Mapped[str | None] = mapped_column(String(71), index=True)
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    claim: Mapped[float | None] = mapped_column(Float(53))
    curve: Mapped[list[Any]] = mapped_column(Json, default=list)
    loss: Mapped[float | None] = mapped_column(Float(53))
    score: Mapped[float | None] = mapped_column(Float(53))
    confirmed: Mapped[bool] = mapped_column(default=False)
    checking: Mapped[str] = mapped_column(String(10), default="none")
    worse: Mapped[bool] = mapped_column(default=False)
    asked: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        Index("ix_pool_lease_job", "job_id", "id"),
        Index("ix_pool_lease_worker", "worker_id", "status"),
        Index("uq_pool_lease_holds", "job_id", unique=True, **only(HOLDS)),
        Index("uq_pool_lease_live", "worker_id", unique=True, **only(LIVE)),
        Index("ix_pool_lease_live", "owner", "expires", **only(LIVE)),
        Index("ix_pool_lease_to_judge", "ended", "id", **only(TO_JUDGE)),
        Index("ix_pool_lease_kept", "owner", "blob", "size", **only(KEPT)),
        Index("ix_pool_lease_to_check", "ended", "id", **only(TO_CHECK)),
    )


class PoolWorker(Base):
    """A registration: a tab or a machine that lends. No address is kept; `digest` is that of its token.

    `confirmed` counts slices that others came to as well; `strikes` are when it did something wrong of late,
    in microseconds since 1970.
    """

    __tablename__ = "pool_worker"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    owner: Mapped[str | None] = mapped_column(String(255), index=True)
    kind: Mapped[Literal["tab", "machine"]] = mapped_column(String(10))
    backend: Mapped[str] = mapped_column(String(40))
    speed: Mapped[float] = mapped_column(Float(53))
    name: Mapped[str] = mapped_column(String(60))
    digest: Mapped[str] = mapped_column(String(64))
    created: Mapped[datetime] = mapped_column(Time)
    seen: Mapped[datetime] = mapped_column(Moment)
    left: Mapped[datetime | None] = mapped_column(Time)
    quarantined: Mapped[datetime | None] = mapped_column(Time)
    why: Mapped[str | None] = mapped_column(Text)
    slices: Mapped[int] = mapped_column(default=0)
    confirmed: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    expired: Mapped[int] = mapped_column(default=0)
    strikes: Mapped[list[int]] = mapped_column(Json, default=list)

    __table_args__ = (
        Index("uq_pool_worker_digest", "digest", unique=True),
        Index("ix_pool_worker_seen", "seen"),
    )


class PoolUse(Base):
    """Seconds that were lent to somebody's jobs, by five minutes (`since`)."""

    __tablename__ = "pool_use"

    since: Mapped[datetime] = mapped_column(Moment, primary_key=True)
    owner: Mapped[str] = mapped_column(String(255), primary_key=True)
    seconds: Mapped[float] = mapped_column(Float(53))


class PoolPause(Base):
    """While there is a row an administrator has switched the pool off."""

    __tablename__ = "pool_pause"

    id: Mapped[int] = mapped_column(primary_key=True)
    by: Mapped[str] = mapped_column(String(255))
    since: Mapped[datetime] = mapped_column(Time)


class PoolCount(Base):
    """How often something happened, since ever: for the metrics."""

    __tablename__ = "pool_count"

    what: Mapped[str] = mapped_column(String(20), primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)
