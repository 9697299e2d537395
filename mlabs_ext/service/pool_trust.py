"""Who is believed: strikes, and what becomes of those who lied and of all that only they have said."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from mlabs_ext.service import pool_chain
from mlabs_ext.service.orm_pool import PoolJob, PoolLease, PoolSearch, PoolWorker
from mlabs_ext.service.orm_types import micros
from mlabs_ext.service.pool_counts import count
from mlabs_ext.service.pool_halving import moved
from mlabs_ext.wire.community import SliceStatus

HOUR, STRIKES = timedelta(hours=1), 3
TOO_MANY = "three of its results within an hour came too late, or were none."


def strike(session: Session, worker: PoolWorker, now: datetime) -> None:
    """Note that it did something that it should not; the third within an hour sends it away."""
    recent = [at for at in worker.strikes if at > micros(now - HOUR)]
    worker.strikes = [*recent, micros(now)]
    worker.refused += 1
    if len(worker.strikes) >= STRIKES:
        quarantine(session, worker, TOO_MANY, now)


def quarantine(session: Session, worker: PoolWorker, why: str, now: datetime) -> None:
    """It gets nothing more to do, and what only it has said is undone."""
    if worker.quarantined is not None:
        return
    worker.quarantined, worker.why = now, why
    count(session, "quarantined")
    drop_live(session, worker, "cancelled", now)
    unsure = or_(
        PoolLease.status.in_(("received", "doubted")),
        (PoolLease.status == "accepted") & PoolLease.confirmed.is_(False),
    )
    jobs = select(PoolLease.job_id).where(PoolLease.worker_id == worker.id, unsure).distinct()
    for job in sorted(session.scalars(jobs)):
        _undo(session, pool_chain.locked(session, job), worker, now)


def _undo(session: Session, job: PoolJob, worker: PoolWorker, now: datetime) -> None:
    mine = select(PoolLease).where(PoolLease.job_id == job.id, PoolLease.worker_id == worker.id)
    for lease in session.scalars(mine.where(PoolLease.status.in_(("received", "doubted")))).all():
        refuse(session, lease, "quarantined", now)
    done = mine.where(
        PoolLease.status == "accepted", PoolLease.checks.is_(None), PoolLease.confirmed.is_(False)
    )
    first = min((lease.before for lease in session.scalars(done)), default=None)
    search = session.get_one(PoolSearch, job.search_id)
    if first is not None and (job.ended is None or (job.status == "succeeded" and search.ended is None)):
        pool_chain.roll_back(session, job, first, "quarantined", now)
    moved(session, job, now)


def drop_live(session: Session, worker: PoolWorker, status: SliceStatus, now: datetime) -> None:
    """What it is doing just now is given to somebody else."""
    live = PoolLease.worker_id == worker.id, PoolLease.status == "live"
    for lease in session.scalars(select(PoolLease).where(*live)).all():
        over(session, lease, status, now)


def over(session: Session, lease: PoolLease, status: SliceStatus, now: datetime) -> None:
    """A lease ends without a result."""
    job, _ = pool_chain.both(session, lease.id)
    if job is None or lease.status != "live":
        return
    lease.status, lease.ended = status, now
    if lease.checks is not None:
        wanted_again(session, lease)
    else:
        moved(session, job, now)


def refuse(session: Session, lease: PoolLease, reason: str, now: datetime) -> None:
    """A result does not count. What comes next for its job is for the caller to see, by `moved`."""
    lease.status, lease.reason, lease.blob = "refused", reason, None
    lease.ended = lease.ended or now
    count(session, "refused")
    if lease.checks is not None:
        wanted_again(session, lease)


def wanted_again(session: Session, check: PoolLease) -> None:
    """A check came to nothing: somebody else is to make it."""
    checked = session.get(PoolLease, check.checks)
    if checked is not None and checked.checking == "out":
        checked.checking = "open"


def is_trusted(worker: PoolWorker, after: int) -> bool:
    """Whether only a share of what it does is looked at again."""
    return worker.confirmed >= after
