"""Who is right where results differ, or cannot be: what the referee comes to itself is the truth."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import msgspec
from sqlalchemy.orm import Session
from ulid import ULID

from mlabs_ext.service import pool_blocks, pool_chain, pool_likeness, pool_trust
from mlabs_ext.service.orm_pool import PoolJob, PoolLease, PoolWorker
from mlabs_ext.service.pool_halving import DIVERGED, moved
from mlabs_ext.service.pool_verdicts import Question, Verdicts, agree, backend, parties

LIED = "another computer, and the server itself, came to something else for one of its slices."


class Truth(msgspec.Struct):
    """What the referee came to: a blob, or none where it came to no numbers."""

    state: pool_blocks.State
    blob: str | None
    size: int


class Disputes(Verdicts):
    """The rules about what the referee has done itself."""

    def recomputed(self, asked: Question, files: Mapping[str, Path]) -> None:
        """Take over the slice that the referee did on each backend, and judge by it who was right."""
        truths = {name: self._truth(asked, file) for name, file in files.items()}
        truth = next(iter(truths.values()))
        with self.store.read() as session:
            row = session.get_one(PoolLease, asked.lease)
            others = [other for other in parties(session, row) if other.status != "cancelled"]
            right = {other.id: self._right(asked, other, backend(session, other), truths) for other in others}
        now = self.now()
        with self.store.write() as session:
            _, job, row = self._locked(session, asked)
            if row is None or job is None or not _open(row):
                return
            those = [other for other in parties(session, row) if other.id in right]
            honest = [other for other in those if right[other.id]]
            liars = [other for other in those if not right[other.id]]
            self._believe(session, honest, truth)
            for liar in liars:
                self._expose(session, liar, now)
            self._own(session, job, row, honest, truth, now)
            pool_chain.prune(session, job)
            moved(session, job, now)

    def _truth(self, asked: Question, file: Path) -> Truth:
        size = file.stat().st_size
        with file.open("rb") as opened:
            state = pool_blocks.checkpoint(opened, size, asked.network, asked.before, asked.to)
        return Truth(state, self.blobs.put_file(file) if state.finite else None, size)

    def _right(self, asked: Question, row: PoolLease, on: str, truths: Mapping[str, Truth]) -> bool:
        """Whether somebody came to the same. Training can be chaotic: all are held to their own backend."""
        known = on in truths
        truth = truths[on] if known else next(iter(truths.values()))
        if row.blob is None or truth.blob is None:
            return row.blob is None and truth.blob is None
        limit = pool_likeness.tolerance(asked.spec, self.community.tolerance)
        limit *= 1 if known else pool_likeness.FOREIGN
        return pool_likeness.apart(self.blobs, asked.network, row.blob, truth.blob, asked.start) <= limit

    def _believe(self, session: Session, honest: list[PoolLease], truth: Truth) -> None:
        if truth.blob is None:
            # Who came to no numbers either did what could be done.
            for row in honest:
                row.status, row.reason, row.ended = "refused", "diverged", row.ended
            return
        agree(session, *honest)
        for row in honest:
            if row.status == "doubted":
                # What is new of a job is judged before it counts; a check has done its work.
                row.status = "received" if row.checks is None else "accepted"
                row.reason = None

    def _expose(self, session: Session, row: PoolLease, now: datetime) -> None:
        """Somebody has lied: their slice, and what only they have said elsewhere, is undone."""
        worker = session.get(PoolWorker, row.worker_id, with_for_update=True) if row.worker_id else None
        if row.status == "accepted":
            row.checking = "none"
        else:
            pool_trust.refuse(session, row, "differs", now)
        session.flush()
        if worker is not None:
            pool_trust.quarantine(session, worker, LIED, now)
        session.flush()
        session.refresh(row)
        if row.status == "accepted":
            # Its worker was sent away before, or is forgotten.
            pool_chain.roll_back(session, pool_chain.locked(session, row.job_id), row.before, "differs", now)
        row.status, row.reason, row.blob = "refused", "differs", None
        session.flush()

    def _own(
        self,
        session: Session,
        job: PoolJob,
        row: PoolLease,
        honest: list[PoolLease],
        truth: Truth,
        now: datetime,
    ) -> None:
        """Where nobody's result stands for this slice, the referee's does, if the job is still there."""
        session.refresh(job)
        stands = any(one.checks is None and one.status in ("received", "accepted") for one in honest)
        if stands or job.ended is not None or pool_chain.holder(session, job) is not None:
            return
        head = session.get(PoolLease, job.head) if job.head else None
        if job.epoch != row.before or (head.blob if head else None) != row.start:
            return
        if truth.blob is None:
            pool_chain.end(session, job, "failed", now, code="diverged", message=DIVERGED)
            return
        own = PoolLease(id=str(ULID()), job_id=job.id, owner=job.owner, status="received", confirmed=True)
        own.start, own.before, own.to, own.task = row.start, row.before, row.to, row.task
        own.begun = own.expires = own.ended = now
        own.epoch, own.digest, own.blob, own.size = row.to, truth.blob, truth.blob, truth.size
        own.print, own.claim = truth.state.print, truth.state.said.claim.loss
        own.curve = msgspec.to_builtins(truth.state.said.curve)
        session.add(own)
        job.status, job.reason, job.waiting = "checking", None, None
        session.flush()


def _open(row: PoolLease) -> bool:
    return row.status == "doubted" or row.checking in pool_chain.PENDING
