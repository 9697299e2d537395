"""A job's accepted slices, one after the other: how one is added, how they are undone, what is kept of them.

Whoever calls this has the job's row locked, which stands for those of its leases.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from mlabs_ext.service.orm_pool import HOLDS, PoolJob, PoolLease
from mlabs_ext.wire.community import JobStatus

PENDING = ("open", "out")
UNDECIDED = ("live", "received", "doubted")


def locked(session: Session, job: str) -> PoolJob:
    """The row of a job, for a change."""
    return session.get_one(PoolJob, job, with_for_update=True)


def both(session: Session, lease: str) -> tuple[PoolJob | None, PoolLease | None]:
    """A lease and its job, both locked, by one question."""
    query = select(PoolJob, PoolLease).join(PoolLease, PoolLease.job_id == PoolJob.id)
    query = query.where(PoolLease.id == lease).with_for_update()
    found = session.execute(query.execution_options(populate_existing=True)).first()
    return (found[0], found[1]) if found else (None, None)


def accepted(session: Session, job: PoolJob) -> Sequence[PoolLease]:
    """Its accepted slices in order."""
    mine = PoolLease.job_id == job.id, PoolLease.checks.is_(None), PoolLease.status == "accepted"
    return session.scalars(select(PoolLease).where(*mine).order_by(PoolLease.before)).all()


def holder(session: Session, job: PoolJob) -> PoolLease | None:
    """The lease of who is at its next slice, or whose result of it is looked at."""
    return session.scalar(select(PoolLease).where(PoolLease.job_id == job.id, text(HOLDS)))


def pending(session: Session, job: PoolJob) -> bool:
    """Whether a check of one of its slices is open."""
    mine = PoolLease.job_id == job.id, PoolLease.checking.in_(PENDING)
    return session.scalar(select(PoolLease.id).where(*mine).limit(1)) is not None


def accept(session: Session, job: PoolJob, lease: PoolLease) -> None:
    """Add a slice."""
    lease.status, job.epoch, job.head, job.tries = "accepted", lease.to, lease.id, 0
    session.flush()
    prune(session, job)


def roll_back(session: Session, job: PoolJob, first: int, reason: str, now: datetime) -> None:
    """Undo all slices that end after the epoch `first`, and further back to a state that is still here."""
    chain = list(accepted(session, job))
    good = [lease for lease in chain if lease.to <= first]
    while good and good[-1].blob is None:
        good.pop()
    for lease in chain[len(good) :]:
        lease.status, lease.reason, lease.blob = "undone", reason, None
        end_checks(session, lease, now)
    if held := holder(session, job):
        cancel(held, now)
    job.head, job.epoch = (good[-1].id, good[-1].to) if good else (None, 0)
    job.ended = job.error = None
    session.flush()


def end_checks(session: Session, lease: PoolLease, now: datetime) -> None:
    """Nobody needs to know any more whether it was right."""
    if lease.checking in PENDING:
        lease.checking = "none"
    mine = PoolLease.checks == lease.id, PoolLease.status.in_(UNDECIDED)
    for check in session.scalars(select(PoolLease).where(*mine)):
        cancel(check, now)


def cancel(lease: PoolLease, now: datetime) -> None:
    """Its worker may stop: what comes of it is not wanted."""
    lease.status, lease.ended, lease.blob = "cancelled", lease.ended or now, None


def prune(session: Session, job: PoolJob) -> None:
    """Let go of checkpoints that nothing begins at any more.

    Kept are the last two, the newest that was confirmed, what a check begins at and is held against.
    """
    there = select(PoolLease).where(PoolLease.job_id == job.id, PoolLease.blob.is_not(None))
    rows = session.scalars(there.order_by(PoolLease.before)).all()
    chain = [row for row in rows if row.checks is None and row.status == "accepted"]
    starts = {row.start for row in rows if row.checking in PENDING}
    sure = [row.id for row in chain if row.confirmed][-1:]
    keep = {*(row.id for row in chain[-2:]), *sure}
    for row in rows:
        needed = row.id in keep or row.blob in starts or row.checking in PENDING
        if not needed and row.status not in UNDECIDED:
            row.blob = None


def end(
    session: Session, job: PoolJob, status: JobStatus, now: datetime, reason: str | None = None, **error: str
) -> None:
    """A job is over; of its checkpoints the last stays."""
    job.status, job.reason, job.ended, job.waiting = status, reason, now, None
    job.error = error or None
    mine = PoolLease.job_id == job.id
    open_ones = PoolLease.status.in_(UNDECIDED) | PoolLease.checking.in_(PENDING)
    for lease in session.scalars(select(PoolLease).where(mine, open_ones)).all():
        if lease.status in UNDECIDED:
            cancel(lease, now)
        elif lease.checking in PENDING:
            lease.checking = "none"
    for lease in session.scalars(select(PoolLease).where(mine, PoolLease.blob.is_not(None))).all():
        if lease.id != job.head:
            lease.blob = None
