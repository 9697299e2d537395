"""What workers bring: looked through at once, and kept for the referee if it can be what was asked for."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from mlabs_ext.errors import Conflict, TooLarge, Unusable
from mlabs_ext.service import pool_blocks, pool_specs, pool_trust
from mlabs_ext.service.blobs_writer import Writer
from mlabs_ext.service.community import PoolRules
from mlabs_ext.service.orm_pool import PoolJob, PoolLease, PoolWorker
from mlabs_ext.service.pool_counts import used
from mlabs_ext.service.pool_halving import moved
from mlabs_ext.service.pool_leases import EXPIRED, absent, find
from mlabs_ext.service.pool_network import Network, network
from mlabs_ext.service.pool_workers import heard
from mlabs_ext.wire import community as wire

# What becomes of a lease whose result is here, or was.
TAKEN = ("received", "doubted", "accepted", "undone", "refused")
RECEIVED = wire.ResultReceived("received")
OVER = "This slice was cancelled or given back: nothing more of it is wanted. Claim another one."
OTHER = "Another result of this lease is here already."
DOUBTED = {
    "not_finite": "Some of the numbers are none. The server looks whether it comes to that as well.",
    "result_known": "These weights are known already. The server looks whether it comes to them as well.",
}


class Expected(NamedTuple):
    """What a lease is to bring."""

    spec: wire.JobSpec
    network: Network
    before: int
    to: int

    @property
    def most(self) -> int:
        """The largest result in bytes."""
        return self.network.size + pool_blocks.HEADER + 4


class Results(PoolRules):
    """The rules about results."""

    def expect(self, worker: str, job: str, lease: str, size: int) -> int:
        """Raise what is in the way of a result of so many bytes; how many may come."""
        with self.store.read() as session:
            most = expected(*self._known_lease(session, worker, job, lease)).most
            if size > most:
                raise TooLarge(f"A result of this job has at most {most} bytes.", "result_too_large")
            return most

    def take(self, worker: str, job: str, lease: str, came: Writer) -> wire.ResultReceived:
        """Keep a result, or say why not; the same one again has the same answer and no effect."""
        with self.store.read() as session:
            wanted = expected(*self._known_lease(session, worker, job, lease))
        try:
            state = look(came, wanted)
        except pool_blocks.Broken as error:
            self._broken(worker, job, lease, came.digest, error)
            raise
        digest = came.commit() if state.finite else came.digest
        return self._keep(worker, job, lease, digest, came.size, state)

    def _known_lease(self, session: Session, worker: str, job: str, lease: str) -> tuple[PoolJob, PoolLease]:
        row = session.get(PoolLease, lease.replace("\0", ""))
        if row is None or row.worker_id != worker or row.job_id != job:
            raise absent()
        return session.get_one(PoolJob, job), row

    def _keep(
        self, worker: str, job: str, lease: str, digest: str, size: int, state: pool_blocks.State
    ) -> wire.ResultReceived:
        problem: Exception | None = None
        with self.store.write() as session:
            maker = heard(session, worker, self.now())
            found, row = find(session, maker, job, lease)
            if row.digest == digest and row.status in TAKEN:
                return self._again(row)
            problem = self._stale(session, maker, row, digest)
            if problem is None:
                self._received(session, found, row, digest, size, state)
                problem = None if row.status == "received" else _doubted(row)
        if problem is not None:
            raise problem
        return RECEIVED

    def _again(self, row: PoolLease) -> wire.ResultReceived:
        if row.reason in DOUBTED:
            raise _doubted(row)
        return RECEIVED

    def _stale(self, session: Session, maker: PoolWorker, row: PoolLease, digest: str) -> Exception | None:
        """Why nothing is taken for this lease any more, and what that means for the worker."""
        now = self.now()
        if row.status == "live" and row.expires > now:
            return None
        if row.status in ("live", "expired"):
            if row.status == "live":
                pool_trust.over(session, row, "expired", now)
            pool_trust.strike(session, maker, now)
            return Conflict(EXPIRED, "lease_expired")
        if row.digest is not None and row.digest != digest:
            pool_trust.strike(session, maker, now)
            return Conflict(OTHER, "result_other")
        return Conflict(OVER, "lease_over")

    def _received(
        self,
        session: Session,
        job: PoolJob,
        row: PoolLease,
        digest: str,
        size: int,
        state: pool_blocks.State,
    ) -> None:
        now = self.now()
        row.status, row.ended, row.epoch = "received", now, row.to
        row.digest, row.print, row.size = digest, state.print, size
        row.blob = digest if state.finite else None
        row.claim, row.curve = state.said.claim.loss, msgspec.to_builtins(state.said.curve)
        if not state.finite:
            row.status, row.reason = "doubted", "not_finite"
        elif self._known(session, row):
            row.status, row.reason = "doubted", "result_known"
        if row.checks is None:
            job.status = "checking"
        used(session, row.owner, (now - row.begun).total_seconds(), now)

    def _known(self, session: Session, row: PoolLease) -> bool:
        """Whether the same weights came of another task: an old result, another job's, or the start."""
        same = PoolLease.print == row.print, PoolLease.task != row.task
        return session.scalar(select(PoolLease.id).where(*same).limit(1)) is not None

    def _broken(self, worker: str, job: str, lease: str, digest: str, error: pool_blocks.Broken) -> None:
        """What cannot be read ends the lease."""
        now = self.now()
        stale: Exception | None = None
        with self.store.write() as session:
            maker = heard(session, worker, now)
            found, row = find(session, maker, job, lease)
            if row.digest == digest:
                return
            stale = self._stale(session, maker, row, digest)
            if stale is None:
                row.digest = digest
                pool_trust.refuse(session, row, error.code, now)
                pool_trust.strike(session, maker, now)
                if row.checks is None:
                    moved(session, found, now)
        if stale is not None:
            raise stale


def expected(job: PoolJob, lease: PoolLease) -> Expected:
    """What a lease of a job is to bring."""
    spec = msgspec.convert(job.spec, wire.JobSpec)
    return Expected(spec, network(spec), lease.before, lease.to)


def look(came: Writer, wanted: Expected) -> pool_blocks.State:
    """Look through what came; Broken where it cannot be what was asked for."""
    with came.reading() as file:
        state = pool_blocks.checkpoint(file, came.size, wanted.network, wanted.before, wanted.to)
    steps = pool_specs.steps(wanted.spec, wanted.to)
    if state.finite and state.steps != steps:
        raise pool_blocks.Broken(
            f"The optimiser has taken {state.steps:g} steps; after epoch {wanted.to} there are {steps}.",
            "checkpoint_unfit",
        )
    return state


def _doubted(row: PoolLease) -> Unusable:
    return Unusable(DOUBTED[row.reason or "result_known"], row.reason)
