"""Whose turn it is: the next slice, and the next check, for who asks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select, text
from sqlalchemy.orm import Session

from mlabs_ext.service.community import Community
from mlabs_ext.service.orm_pool import LIVE, TO_CHECK, WAITS, PoolJob, PoolLease, PoolUse, PoolWorker

HOUR = timedelta(hours=1)
# Checks that are looked at: the others wait longer behind them.
LOOKED_AT = 200


def something_waits(session: Session) -> bool:
    """Whether there may be something to do for anybody."""
    job = select(PoolJob.id).where(text(WAITS)).limit(1)
    check = select(PoolLease.id).where(text(TO_CHECK)).limit(1)
    return session.scalar(job) is not None or session.scalar(check) is not None


def next_job(session: Session, now: datetime) -> PoolJob | None:
    """The job to train on, locked: of who has the fewest going, then the least of the last hour, and waits
    longest.
    """
    oldest = func.min(PoolJob.waiting)
    waiting = session.execute(select(PoolJob.owner, oldest).where(text(WAITS)).group_by(PoolJob.owner)).all()
    if not waiting:
        return None
    owners = [owner for owner, _ in waiting]
    going, had = (_going(session), _had(session, owners, now)) if len(owners) > 1 else ({}, {})
    turn = sorted(waiting, key=lambda one: (going.get(one[0], 0), had.get(one[0], 0.0), one[1], one[0]))
    for owner, _ in turn:
        mine = select(PoolJob).where(text(WAITS), PoolJob.owner == owner)
        first = mine.order_by(PoolJob.waiting, PoolJob.number, PoolJob.id).limit(1)
        if job := session.scalar(first.with_for_update(skip_locked=True)):
            return job
    return None


def _going(session: Session) -> dict[str, int]:
    live = select(PoolLease.owner, func.count()).where(text(LIVE)).group_by(PoolLease.owner)
    return dict(session.execute(live).all())


def _had(session: Session, owners: list[str], now: datetime) -> dict[str, float]:
    recent = PoolUse.since > now - HOUR, PoolUse.owner.in_(owners)
    summed = select(PoolUse.owner, func.sum(PoolUse.seconds)).where(*recent).group_by(PoolUse.owner)
    return dict(session.execute(summed).all())


def next_check(
    session: Session, worker: PoolWorker, limits: Community, now: datetime
) -> tuple[PoolLease, PoolJob] | None:
    """The slice that the worker is to do once more, with its job, which is locked.

    It is none of its own, nor of the same person's. Who is new checks others only while nobody is there who
    has been confirmed.
    """
    open_ones = select(PoolLease).where(text(TO_CHECK)).order_by(PoolLease.ended, PoolLease.id)
    rows = session.scalars(open_ones.limit(LOOKED_AT)).all()
    if not rows:
        return None
    new = worker.confirmed < limits.trust_after
    makers = _makers(session, rows)
    for row in rows:
        maker = makers.get(row.worker_id or "")
        if not _stranger(worker, maker) or (new and others(session, maker, limits, now, trusted=True)):
            continue
        job = session.scalar(
            select(PoolJob).where(PoolJob.id == row.job_id).with_for_update(skip_locked=True)
        )
        if job is not None:
            session.refresh(row)
            if row.checking == "open":
                return row, job
    return None


def _makers(session: Session, rows: Sequence[PoolLease]) -> dict[str, PoolWorker]:
    ids = {row.worker_id for row in rows if row.worker_id}
    return {one.id: one for one in session.scalars(select(PoolWorker).where(PoolWorker.id.in_(ids)))}


def _stranger(worker: PoolWorker, maker: PoolWorker | None) -> bool:
    if maker is None:
        return True
    return maker.id != worker.id and (maker.owner is None or maker.owner != worker.owner)


def present(limits: Community, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """What holds of the workers that are there now."""
    return PoolWorker.seen > now - limits.window, PoolWorker.left.is_(None), PoolWorker.quarantined.is_(None)


def how_many(session: Session, limits: Community, now: datetime) -> int:
    """How many workers are there now."""
    there = select(func.count()).select_from(PoolWorker).where(*present(limits, now))
    return session.scalar(there) or 0


def others(
    session: Session, maker: PoolWorker | None, limits: Community, now: datetime, trusted: bool = False
) -> bool:
    """Whether somebody is there who may check what the maker did."""
    there = select(PoolWorker.id).where(*present(limits, now))
    if trusted:
        there = there.where(PoolWorker.confirmed >= limits.trust_after)
    if maker is not None:
        there = there.where(PoolWorker.id != maker.id)
        if maker.owner is not None:
            there = there.where(or_(PoolWorker.owner.is_(None), PoolWorker.owner != maker.owner))
    return session.scalar(there.limit(1)) is not None
