"""What the referee is asked, and what follows from its answers."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

import msgspec
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from mlabs_ext.service import pool_chain, pool_likeness, pool_order, pool_trust
from mlabs_ext.service.community import PoolRules
from mlabs_ext.service.orm_pool import TO_CHECK, TO_JUDGE, PoolJob, PoolLease, PoolSearch, PoolWorker
from mlabs_ext.service.pool_counts import count
from mlabs_ext.service.pool_halving import moved
from mlabs_ext.service.pool_network import Network, network
from mlabs_ext.wire import community as wire

CLAIMED = "the loss that it claimed is not the one of its weights."
TRIES, LOOKED_AT = 3, 50


class Question(NamedTuple):
    """What is to be found out of the lease `lease`. `kind` is how: to `judge` its checkpoint, to `compare` it
    with the one that it checks, or to do the slice once more (`slice`), on each of the `backends`, which are
    those of the workers in question, as far as the referee has them.
    """

    kind: str
    lease: str
    spec: wire.JobSpec
    start: str | None
    blob: str | None
    before: int
    to: int
    train: str
    held_out: str
    worker: str | None
    backends: tuple[str, ...] = ()

    @property
    def network(self) -> Network:
        """The network that is trained."""
        return network(self.spec)


class Judged(msgspec.Struct):
    """What the referee found: of the held-out rows, and of the rows that the claim is about."""

    loss: float | None
    score: float | None
    claim: float | None


class Verdicts(PoolRules):
    """The rules about what the referee says."""

    def next(self) -> Question | None:
        """The next question; None where there is none."""
        came = select(PoolLease).where(text(TO_JUDGE)).order_by(PoolLease.ended, PoolLease.id)
        with self.store.read() as session:
            rows = session.scalars(came.limit(LOOKED_AT)).all()
            if rows:
                return self._question(session, min(rows, key=lambda row: row.asked))
            lonely = self._unattended(session)
            return lonely and self._question(session, lonely)

    def _unattended(self, session: Session) -> PoolLease | None:
        """A slice that is to be checked, for which nobody has come, or is there who might."""
        now = self.now()
        rows = select(PoolLease).where(text(TO_CHECK)).order_by(PoolLease.ended, PoolLease.id)
        row = session.scalar(rows.limit(1))
        if row is None or row.ended is None:
            return None
        late = row.ended < now - timedelta(seconds=self.community.check_patience)
        maker = session.get(PoolWorker, row.worker_id) if row.worker_id else None
        return row if late or not pool_order.others(session, maker, self.community, now) else None

    def _question(self, session: Session, row: PoolLease) -> Question:
        query = select(PoolJob, PoolSearch).join(PoolSearch, PoolSearch.id == PoolJob.search_id)
        job, search = session.execute(query.where(PoolJob.id == row.job_id)).one()
        kind = "slice"
        if row.status == "received":
            kind = "judge" if row.checks is None else "compare"
        spec = msgspec.convert(job.spec, wire.JobSpec)
        where = row.start, row.blob, row.before, row.to, search.train, search.held_out, row.worker_id
        backends = {backend(session, one) for one in parties(session, row)} if kind == "slice" else set()
        return Question(kind, row.id, spec, *where, tuple(sorted(backends & set(pool_likeness.OWN))))

    def judged(self, asked: Question, found: Judged) -> None:
        """A checkpoint was judged: it is added, or its worker has lied."""
        now = self.now()
        with self.store.write() as session:
            maker, job, row = self._locked(session, asked)
            if row is None or job is None or row.status != "received":
                return
            if maker and not pool_likeness.claims(row.claim, found.claim, self.community.claim_tolerance):
                pool_trust.refuse(session, row, "claim", now)
                pool_trust.quarantine(session, maker, CLAIMED, now)
                moved(session, job, now)
                return
            head = session.get(PoolLease, job.head) if job.head else None
            row.loss, row.score = found.loss, found.score
            row.worse = pool_likeness.worse(head.loss if head else None, found.loss)
            if maker is not None and not row.confirmed and self._looks_again(maker, row):
                row.checking = "open"
            if maker is not None:
                maker.slices += 1
            count(session, "done")
            pool_chain.accept(session, job, row)
            moved(session, job, now)

    def _looks_again(self, maker: PoolWorker, row: PoolLease) -> bool:
        new = not pool_trust.is_trusted(maker, self.community.trust_after)
        return new or row.worse or self.community.chance() < self.community.check_share

    def failed(self, asked: Question) -> None:
        """The referee could not say; after some tries nobody is blamed, and the result does not count."""
        now = self.now()
        with self.store.write() as session:
            _, job, row = self._locked(session, asked)
            if row is None or job is None:
                return
            row.asked += 1
            if row.asked < TRIES:
                return
            differs = row.reason == "differs"
            if row.status in ("received", "doubted"):
                pool_trust.refuse(session, row, "not_judged", now)
            checked = session.get(PoolLease, row.checks) if row.checks else row
            if checked is not None and checked.checking in pool_chain.PENDING:
                checked.checking = "unchecked"
                if differs:
                    # One of two is wrong, and nobody knows which.
                    pool_chain.roll_back(session, job, checked.before, "not_judged", now)
            pool_chain.prune(session, job)
            moved(session, job, now)

    def compare(self, asked: Question) -> None:
        """Hold a check against what it checks: they agree, or the referee has to say who is right."""
        with self.store.read() as session:
            check = session.get_one(PoolLease, asked.lease)
            checked = session.get(PoolLease, check.checks) if check.checks else None
        if checked is None or checked.blob is None or check.blob is None:
            distance = None
        else:
            distance = pool_likeness.apart(self.blobs, asked.network, check.blob, checked.blob, check.start)
        limit = pool_likeness.tolerance(asked.spec, self.community.tolerance)
        now = self.now()
        with self.store.write() as session:
            _, job, row = self._locked(session, asked)
            if row is None or job is None or row.status != "received":
                return
            first = session.get(PoolLease, row.checks) if row.checks else None
            if first is None or first.checking != "out" or distance is None:
                pool_chain.cancel(row, now)
            elif distance <= limit:
                row.status = "accepted"
                agree(session, first, row)
                pool_chain.prune(session, job)
                moved(session, job, now)
            else:
                row.status, row.reason = "doubted", "differs"

    def _locked(
        self, session: Session, asked: Question
    ) -> tuple[PoolWorker | None, PoolJob | None, PoolLease | None]:
        """The rows of a question, locked: worker, job and lease."""
        worker = session.get(PoolWorker, asked.worker, with_for_update=True) if asked.worker else None
        return worker, *pool_chain.both(session, asked.lease)


def parties(session: Session, row: PoolLease) -> list[PoolLease]:
    """Those who did the slice: who did it first, and a check that came to something else."""
    if row.checks is not None:
        first = session.get(PoolLease, row.checks)
        return [row, *([first] if first is not None else [])]
    checks = select(PoolLease).where(PoolLease.checks == row.id, PoolLease.status == "doubted")
    return [row, *session.scalars(checks)]


def backend(session: Session, row: PoolLease) -> str:
    """What its worker says that it trains on; empty where nobody knows."""
    worker = session.get(PoolWorker, row.worker_id) if row.worker_id else None
    return worker.backend if worker else ""


def agree(session: Session, *leases: PoolLease) -> None:
    """Results that others came to as well: their workers are believed more."""
    for lease in leases:
        lease.confirmed = True
        if lease.checks is None:
            lease.checking = "agreed"
        if lease.worker_id and (worker := session.get(PoolWorker, lease.worker_id, with_for_update=True)):
            worker.confirmed += 1
    count(session, "confirmed")
