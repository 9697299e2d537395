"""Who is right where results differ, or cannot be: what the referee comes to itself is the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import inf
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

    def recomputed(self, asked: Question, truths: Mapping[str, Truth], shaken: Sequence[Truth] = ()) -> None:
        """Take over the slice that the referee did on each backend, and judge by it who was right."""
        truth = next(iter(truths.values()))
        right = self._all_right(asked, truths, shaken)
        now = self.now()
        with self.store.write() as session:
            _, job, row = self._locked(session, asked)
            if row is None or job is None or not _open(row):
                return
            those = [other for other in parties(session, row) if other.id in right]
            honest = [other for other in those if right[other.id]]
            self._believe(session, honest, truth)
            for other in those:
                if right[other.id] is False:
                    self._expose(session, other, now)
                elif right[other.id] is None:
                    _leave(session, other, now)
            self._own(session, job, row, honest, truth, now)
            pool_chain.prune(session, job)
            moved(session, job, now)

    def truth(self, asked: Question, file: Path) -> Truth:
        """Keep what the referee came to."""
        size = file.stat().st_size
        with file.open("rb") as opened:
            state = pool_blocks.checkpoint(opened, size, asked.network, asked.before, asked.to)
        return Truth(state, self.blobs.put_file(file) if state.finite else None, size)

    def unclear(self, asked: Question, truths: Mapping[str, Truth], shaken: Sequence[Truth]) -> bool:
        """Whether somebody would be blamed whose backend the referee does not have."""
        right = self._all_right(asked, truths, shaken)
        with self.store.read() as session:
            row = session.get_one(PoolLease, asked.lease)
            wrong = [other for other in parties(session, row) if right.get(other.id) is False]
            return any(backend(session, other) not in truths for other in wrong)

    def _all_right(
        self, asked: Question, truths: Mapping[str, Truth], shaken: Sequence[Truth]
    ) -> dict[str, bool | None]:
        """Of each who did the slice, whether they came to the same; None where nobody can tell."""
        with self.store.read() as session:
            row = session.get_one(PoolLease, asked.lease)
            others = [other for other in parties(session, row) if other.status != "cancelled"]
            return {
                other.id: self._right(asked, other.blob, truths.get(backend(session, other)), truths, shaken)
                for other in others
            }

    def _right(
        self,
        asked: Question,
        blob: str | None,
        own: Truth | None,
        truths: Mapping[str, Truth],
        shaken: Sequence[Truth],
    ) -> bool | None:
        """Training can be chaotic: all are held to their `own` backend, as far as the referee has it.
        Whose backend it lacks is to blame only for what rounding does not do to the referee's own result.
        """
        truth = own or next(iter(truths.values()))
        limit = pool_likeness.tolerance(asked.spec, self.community.tolerance)
        if blob is None and truth.blob is None:
            return True
        if blob is None or truth.blob is None:
            # Where rounding leads far, it is by chance which backend comes to no numbers.
            return None if not own and self._rounded(asked, truth, shaken) > limit else False
        distance = pool_likeness.apart(self.blobs, asked.network, blob, truth.blob, asked.start)
        if distance <= limit * (1 if own else pool_likeness.FOREIGN):
            return True
        if own:
            return False
        return None if distance <= pool_likeness.FOREIGN * self._rounded(asked, truth, shaken) else False

    def _rounded(self, asked: Question, truth: Truth, shaken: Sequence[Truth]) -> float:
        """How far rounding leads in this slice."""
        far = [
            inf
            if one.blob is None or truth.blob is None
            else pool_likeness.apart(self.blobs, asked.network, one.blob, truth.blob, asked.start)
            for one in shaken
        ]
        return max(far, default=0.0)

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


def _leave(session: Session, row: PoolLease, now: datetime) -> None:
    """Nobody can tell whether it is right: it does not count, and nobody is blamed."""
    if row.status == "accepted":
        row.checking = "none"
        pool_chain.roll_back(session, pool_chain.locked(session, row.job_id), row.before, "not_judged", now)
    else:
        pool_trust.refuse(session, row, "not_judged", now)
    session.flush()


def _open(row: PoolLease) -> bool:
    return row.status == "doubted" or row.checking in pool_chain.PENDING
