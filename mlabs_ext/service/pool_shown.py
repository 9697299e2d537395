"""Searches and jobs as their owners see them."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from mlabs_ext.service.orm_pool import PoolJob, PoolLease, PoolSearch
from mlabs_ext.wire import community as wire


def search(session: Session, row: PoolSearch) -> wire.Search:
    """A search with its jobs."""
    mine = select(PoolJob).where(PoolJob.search_id == row.id).order_by(PoolJob.number)
    rows = session.scalars(mine).all()
    found: dict[str, list[PoolLease]] = {one.id: [] for one in rows}
    leases = select(PoolLease).where(PoolLease.job_id.in_(found)).order_by(PoolLease.id)
    for lease in session.scalars(leases):
        found[lease.job_id].append(lease)
    return wire.Search(
        id=row.id,
        owner=row.owner,
        title=row.title,
        status=row.status,
        created=row.created,
        ended=row.ended,
        every=row.every,
        halving=wire.Halving(row.rungs, row.keep) if row.rungs else None,
        jobs=[shaped(one, found[one.id]) for one in rows],
    )


def job(session: Session, row: PoolJob) -> wire.Job:
    """One job."""
    mine = select(PoolLease).where(PoolLease.job_id == row.id).order_by(PoolLease.id)
    return shaped(row, session.scalars(mine).all())


def shaped(row: PoolJob, leases: Sequence[PoolLease]) -> wire.Job:
    """A job with its leases."""
    spec = msgspec.convert(row.spec, wire.JobSpec)
    chain = [one for one in leases if one.status == "accepted" and one.checks is None]
    scores = [
        wire.JobScore(one.to, one.loss, one.score, _train_loss(one))
        for one in sorted(chain, key=lambda one: one.to)
    ]
    return wire.Job(
        id=row.id,
        search=row.search_id,
        status=row.status,
        epoch=row.epoch,
        epochs=row.epochs,
        seed=spec.seed,
        parameters=row.parameters,
        layers=spec.layers,
        output=spec.output,
        options=spec.options,
        scores=scores,
        best=min(scores, key=lambda one: inf if one.loss is None else one.loss, default=None),
        waiting_since=row.waiting,
        slices=[_slice(one) for one in leases],
        created=row.created,
        ended=row.ended,
        reason=row.reason,
        error=row.error,
    )


def _train_loss(lease: PoolLease) -> float | None:
    return lease.curve[-1].get("loss") if lease.curve else lease.claim


def _slice(lease: PoolLease) -> wire.JobSlice:
    seconds = (lease.ended - lease.begun).total_seconds() if lease.ended else None
    return wire.JobSlice(
        from_=lease.before,
        to=lease.to,
        status=lease.status,
        worker=lease.by,
        started=lease.begun,
        ended=lease.ended,
        seconds=seconds,
        check=lease.checks is not None,
        reason=lease.reason,
    )
