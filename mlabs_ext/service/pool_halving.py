"""What a job does next, and a search with it: train on, wait for the others at a rung, stop, or be done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from math import ceil, inf

from sqlalchemy import select
from sqlalchemy.orm import Session

from mlabs_ext.service import pool_chain
from mlabs_ext.service.orm_pool import PoolJob, PoolLease, PoolSearch

DIVERGED = "The loss is no number any more: the training diverged. A lower learning rate may mend it."


def moved(session: Session, job: PoolJob, now: datetime) -> None:
    """Something happened to a job: see what comes next for it, and for the search that it is of."""
    session.flush()
    search = session.get_one(PoolSearch, job.search_id, with_for_update=True)
    _go_on(session, search, job, now)
    if job.ended is not None or job.reason == "rung":
        settle(session, search, now)


def settle(session: Session, search: PoolSearch, now: datetime) -> None:
    """Let the better jobs pass the rung once all are there, and end the search with its last job."""
    session.flush()
    mine = select(PoolJob).where(PoolJob.search_id == search.id).order_by(PoolJob.number)
    jobs = session.scalars(mine.with_for_update()).all()
    while search.rung < len(search.rungs) and _passed(session, search, jobs, now):
        search.rung += 1
        for job in jobs:
            _go_on(session, search, job, now)
    if all(job.ended is not None for job in jobs):
        found = {job.status for job in jobs}
        search.status = next(status for status in ("succeeded", "failed", "stopped") if status in found)
        search.ended = search.ended or now
    else:
        search.status, search.ended = "running", None


def limit(search: PoolSearch, job: PoolJob) -> int:
    """The epoch at which its next slice ends."""
    ahead = [rung for rung in search.rungs[search.rung :] if rung > job.epoch]
    return min(job.epoch + job.every, job.epochs, *ahead)


def _go_on(session: Session, search: PoolSearch, job: PoolJob, now: datetime) -> None:
    if job.ended is not None or pool_chain.holder(session, job) is not None:
        return
    head = session.get(PoolLease, job.head) if job.head else None
    unsure = head is not None and head.checking in pool_chain.PENDING
    job.status, job.reason, job.waiting = "checking", None, None
    if head is not None and head.loss is None and not unsure:
        pool_chain.end(session, job, "failed", now, code="diverged", message=DIVERGED)
    elif head is not None and head.worse and unsure:
        return
    elif job.epoch >= job.epochs:
        if not pool_chain.pending(session, job):
            pool_chain.end(session, job, "succeeded", now)
    elif job.epoch in search.rungs[search.rung :]:
        job.status, job.reason = "queued", "rung"
    else:
        job.status, job.waiting = "queued", now


def _passed(session: Session, search: PoolSearch, jobs: Sequence[PoolJob], now: datetime) -> bool:
    """Whether all are at the rung; then the worse stop. Who is as good as one that goes on does too."""
    rung = search.rungs[search.rung]
    racing = [job for job in jobs if job.ended is None and job.epochs > rung]
    if not racing:
        return True
    if any(job.epoch < rung or job.reason != "rung" or pool_chain.pending(session, job) for job in racing):
        return False
    losses = {job.id: _loss(session, job) for job in racing}
    worst = sorted(losses.values())[ceil(search.keep * len(racing)) - 1]
    for job in racing:
        if losses[job.id] > worst:
            pool_chain.end(session, job, "stopped", now, "halving")
    return True


def _loss(session: Session, job: PoolJob) -> float:
    found = session.get_one(PoolLease, job.head).loss if job.head else None
    return inf if found is None else found
