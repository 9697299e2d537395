"""Leases: who gets which slice to do, for how long, and what happens to those that nobody brings back."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import ColumnElement, exists, func, or_, select, text
from sqlalchemy.orm import Session
from ulid import ULID

from mlabs_ext.errors import Conflict, NotFound
from mlabs_ext.service import pool_chain, pool_order, pool_trust
from mlabs_ext.service.community import PoolRules
from mlabs_ext.service.orm_pool import (
    LIVE,
    TO_CHECK,
    TO_JUDGE,
    PoolJob,
    PoolLease,
    PoolSearch,
    PoolWorker,
)
from mlabs_ext.service.pool_counts import count
from mlabs_ext.service.pool_halving import limit, settle
from mlabs_ext.service.pool_seals import LeaseSeals
from mlabs_ext.service.pool_workers import heard
from mlabs_ext.service.rules import collaborator
from mlabs_ext.wire import community as wire

# A worker that asks for work is noted once in so long.
NOTED = timedelta(seconds=30)
# Of so many workers each is to ask once a second when there is nothing, or, of more, once in so many seconds.
ASKING, SELDOM = 50, 10
EXPIRED = "This lease has run out, and its slice was given to somebody else: claim another one."
TRIED = "One slice was begun {tries} times, and nobody brought a result of it that could be used."


class Leases(PoolRules):
    """The rules about leases. A worker has one at a time."""

    seals: LeaseSeals = collaborator("What leases are signed with.")

    def claim(self, worker: str) -> wire.Lease | None:
        """The slice that the worker is to do: the one that it has, or the next; None where there is none."""
        now = self.now()
        with self.store.read() as session:
            row = session.get_one(PoolWorker, worker)
            if row.seen > now - NOTED and not self._may_be_something(session, worker):
                return None
        with self.store.write() as session:
            row = heard(session, worker, now)
            lease = self._mine(session, row, now)
            lease = lease or self._check(session, row, now) or self._work(session, row, now)
            return lease and self._told(session, lease)

    def again(self) -> int:
        """Seconds after which a worker that got nothing may ask again: the more lend, the later."""
        with self.store.read() as session:
            there = pool_order.how_many(session, self.community, self.now())
        return min(1 + there // ASKING, SELDOM)

    def _may_be_something(self, session: Session, worker: str) -> bool:
        if pool_order.something_waits(session):
            return True
        live = PoolLease.worker_id == worker, PoolLease.status == "live"
        return session.scalar(select(PoolLease.id).where(*live)) is not None

    def _mine(self, session: Session, worker: PoolWorker, now: datetime) -> PoolLease | None:
        """The lease that it has; one that has run out ends here."""
        live = PoolLease.worker_id == worker.id, PoolLease.status == "live"
        row = session.scalar(select(PoolLease).where(*live))
        if row is not None and row.expires <= now:
            self._expire(session, row, now)
            return None
        return row

    def _check(self, session: Session, worker: PoolWorker, now: datetime) -> PoolLease | None:
        found = pool_order.next_check(session, worker, self.community, now)
        if found is None:
            return None
        checked, job = found
        checked.checking = "out"
        return self._begin(session, worker, job, checked.start, checked.before, checked.to, checked, now)

    def _work(self, session: Session, worker: PoolWorker, now: datetime) -> PoolLease | None:
        if self._waits_for_trust(session, worker):
            return None
        while job := pool_order.next_job(session, now):
            search = session.get_one(PoolSearch, job.search_id)
            if job.tries >= self.community.max_tries:
                message = TRIED.format(tries=job.tries)
                pool_chain.end(session, job, "failed", now, code="refused_too_often", message=message)
                settle(session, search, now)
                continue
            head = session.get(PoolLease, job.head) if job.head else None
            job.status, job.waiting, job.tries = "running", None, job.tries + 1
            start = head.blob if head else None
            return self._begin(session, worker, job, start, job.epoch, limit(search, job), None, now)
        return None

    def _waits_for_trust(self, session: Session, worker: PoolWorker) -> bool:
        """Whether it is new, and enough of what it did waits to be confirmed."""
        needed = self.community.trust_after - worker.confirmed
        if needed <= 0:
            return False
        open_ones = PoolLease.worker_id == worker.id, PoolLease.checks.is_(None)
        waiting = PoolLease.status.in_(("received", "doubted")) | PoolLease.checking.in_(pool_chain.PENDING)
        return (
            session.scalar(select(func.count()).select_from(PoolLease).where(*open_ones, waiting)) or 0
        ) >= needed

    def _begin(
        self,
        session: Session,
        worker: PoolWorker,
        job: PoolJob,
        start: str | None,
        before: int,
        to: int,
        checks: PoolLease | None,
        now: datetime,
    ) -> PoolLease:
        search = session.get_one(PoolSearch, job.search_id)
        lease = PoolLease(id=str(ULID()), job_id=job.id, worker_id=worker.id, by=worker.name, owner=job.owner)
        lease.checks, lease.start, lease.before, lease.to = checks and checks.id, start, before, to
        lease.task, lease.status, lease.epoch = task(job, search.train, start, before, to), "live", before
        lease.begun, lease.expires = now, now + self.lasts(job, before, to, worker)
        session.add(lease)
        session.flush()
        return lease

    def lasts(self, job: PoolJob, before: int, to: int, worker: PoolWorker) -> timedelta:
        """For how long a worker that says nothing keeps a slice."""
        needed = 3 * job.work * (to - before) / worker.speed
        return timedelta(seconds=max(self.community.lease_seconds, min(needed, self.community.longest_slice)))

    def _told(self, session: Session, lease: PoolLease) -> wire.Lease:
        job = session.get_one(PoolJob, lease.job_id)
        search = session.get_one(PoolSearch, job.search_id)
        told = wire.Lease(
            lease=lease.id,
            job=job.id,
            spec=msgspec.convert(job.spec, wire.JobSpec),
            start=lease.start,
            from_=lease.before,
            to=lease.to,
            data=search.train,
            person=self.seals.person(job.owner),
            expires=lease.expires,
            renew_every=round((lease.expires - self.now()).total_seconds() / 3, 1),
        )
        return self.seals.signed(told)

    def renew(self, worker: str, job: str, fields: wire.LeaseRenew) -> wire.LeaseRenewed:
        """Keep a lease; Conflict `lease_expired` where it has run out."""
        now = self.now()
        with self.store.write() as session:
            row = heard(session, worker, now)
            locked, lease = find(session, row, job, fields.lease)
            if lease.status == "cancelled":
                return wire.LeaseRenewed(lease.expires, False)
            if lease.status != "live" or lease.expires <= now:
                raise Conflict(EXPIRED, "lease_expired")
            lease.epoch = min(max(lease.epoch, fields.epoch), lease.to)
            longest = timedelta(seconds=self.community.longest_slice)
            if now - lease.begun > longest:
                return wire.LeaseRenewed(lease.expires, False)
            lease.expires = now + self.lasts(locked, lease.before, lease.to, row)
            return wire.LeaseRenewed(lease.expires, True)

    def release(self, worker: str, job: str, fields: wire.LeaseRelease) -> None:
        """Give a slice back; what is over already stays so."""
        now = self.now()
        with self.store.write() as session:
            row = heard(session, worker, now)
            _, lease = find(session, row, job, fields.lease)
            pool_trust.over(session, lease, "released", now)

    def rests(self) -> bool:
        """Whether no slice is out, and none is to be judged: one look instead of three."""
        there = [
            exists().where(PoolLease.id.is_not(None), text(words)) for words in (LIVE, TO_JUDGE, TO_CHECK)
        ]
        with self.store.read() as session:
            return not session.scalar(select(or_(*there)))

    def expire(self, now: datetime) -> int:
        """Take back what was not brought in time; how many that were."""
        old = select(PoolLease.id).where(text(LIVE), PoolLease.expires <= now).order_by(PoolLease.id)
        with self.store.read() as session:
            gone = session.scalars(old.limit(500)).all()
        for one in gone:
            with self.store.write() as session:
                lease = session.get(PoolLease, one)
                if lease is not None and lease.status == "live" and lease.expires <= now:
                    self._expire(session, lease, now)
        return len(gone)

    def _expire(self, session: Session, lease: PoolLease, now: datetime) -> None:
        if lease.worker_id and (worker := session.get(PoolWorker, lease.worker_id)):
            worker.expired += 1
        count(session, "expired")
        pool_trust.over(session, lease, "expired", now)

    def data_of(self, worker: str, digest: str) -> str:
        """The digest, if the worker's lease names these rows to train on; NotFound otherwise."""
        return self._named(worker, PoolSearch.train == digest, digest)

    def start_of(self, worker: str, digest: str) -> str:
        """The digest, if the worker's lease begins at this checkpoint; NotFound otherwise."""
        return self._named(worker, PoolLease.start == digest, digest)

    def _named(self, worker: str, wanted: ColumnElement[bool], digest: str) -> str:
        live = PoolLease.worker_id == worker, PoolLease.status == "live", PoolLease.expires > self.now()
        query = select(PoolLease.id).join(PoolJob, PoolJob.id == PoolLease.job_id)
        query = query.join(PoolSearch, PoolSearch.id == PoolJob.search_id).where(*live, wanted)
        with self.store.read() as session:
            if "\0" in digest or session.scalar(query) is None:
                raise NotFound("No lease of this worker's names this.", "blob_not_found")
        return digest


def find(session: Session, worker: PoolWorker, job: str, lease: str) -> tuple[PoolJob, PoolLease]:
    """A lease of the worker's, with its job locked; NotFound where there is none."""
    locked, row = pool_chain.both(session, lease.replace("\0", ""))
    if locked is None or row is None or row.worker_id != worker.id or row.job_id != job:
        raise absent()
    return locked, row


def absent() -> NotFound:
    """There is no such lease, or it is another worker's."""
    return NotFound("There is no such lease of this worker's.", "lease_not_found")


def task(job: PoolJob, train: str, start: str | None, before: int, to: int) -> str:
    """What tells one task from another: those who do the same may come to the same."""
    said = msgspec.json.encode([job.spec, train, start, before, to], order="sorted")
    return hashlib.sha256(said).hexdigest()
