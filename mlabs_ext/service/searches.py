"""Searches: what people ask the community to train, and how that stands."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session
from ulid import ULID

from mlabs_ext.errors import Conflict, NotFound, TooMany, Unusable
from mlabs_ext.names import NAME
from mlabs_ext.service import pool_chain, pool_data, pool_shown, pool_specs, storage
from mlabs_ext.service.community import PoolRules
from mlabs_ext.service.cursors import Sort
from mlabs_ext.service.fields import plain
from mlabs_ext.service.idempotency import Key, once
from mlabs_ext.service.orm_datasets import LISTED, Dataset
from mlabs_ext.service.orm_pool import ALIVE, PoolData, PoolJob, PoolLease, PoolSearch
from mlabs_ext.service.pool_halving import settle
from mlabs_ext.service.rules import need_read, need_write
from mlabs_ext.service.viewers import Viewer
from mlabs_ext.wire import community as wire

NEWEST = Sort("searches", PoolSearch.created, PoolSearch.id, datetime)
REMOVED = 20


class Searches(PoolRules):
    """The rules about searches and their jobs. They are their owner's alone, and administrators'."""

    def create(self, viewer: Viewer, fields: wire.SearchCreate, key: Key | None = None) -> wire.Search:
        """Ask for a search; Unusable where something does not fit."""
        owner = need_write(viewer)
        self.community.need()
        if not fields.consent:
            raise Unusable(
                "Volunteers see the rows that are trained on: say that they may, by `consent`.",
                "consent_needed",
            )
        plain(fields.title, "title")
        with self.store.write() as session:
            return once(
                session, owner, key, wire.Search, lambda: self._create(session, viewer, owner, fields)
            )

    def _create(self, session: Session, viewer: Viewer, owner: str, fields: wire.SearchCreate) -> wire.Search:
        storage.turn(session, owner)
        self._room(session, owner, len(fields.jobs))
        data = fields.data
        train, held_out = (pool_data.find(session, owner, one) for one in (data.train, data.held_out))
        if train is held_out:
            raise Unusable("The held-out rows are the ones that are trained on.", "rows_same")
        if data.dataset is not None:
            _public(session, data.dataset)
        now = self.now()
        halving = fields.halving
        search = PoolSearch(id=str(ULID()), owner=owner, title=fields.title, created=now, status="running")
        search.train, search.held_out, search.dataset = train.blob, held_out.blob, data.dataset
        search.every, search.rung = fields.every, 0
        search.rungs = sorted(set(halving.rungs)) if halving else []
        search.keep = halving.keep if halving else 0.5
        session.add(search)
        session.flush()
        sizes = [
            self._add(session, search, number, spec, train, held_out, now)
            for number, spec in enumerate(fields.jobs)
        ]
        # Each job keeps one checkpoint in the end.
        storage.check_size(session, self.plans.of(session, owner, viewer), owner, sum(sizes))
        session.flush()
        return pool_shown.search(session, search)

    def _add(
        self,
        session: Session,
        search: PoolSearch,
        number: int,
        spec: wire.JobSpec,
        train: PoolData,
        held_out: PoolData,
        now: datetime,
    ) -> int:
        network = pool_specs.checked(spec, train, held_out, self.community)
        job = PoolJob(id=str(ULID()), search_id=search.id, number=number, owner=search.owner)
        job.spec, job.parameters = msgspec.to_builtins(spec), network.parameters
        job.status, job.epochs, job.epoch, job.tries = "queued", spec.options.epochs, 0, 0
        job.work = network.epoch(spec.rows)
        job.every = pool_specs.every(job.work, job.epochs, search.every, self.community)
        job.created = job.waiting = now
        session.add(job)
        return network.size

    def _room(self, session: Session, owner: str, more: int) -> None:
        alive = select(func.count()).select_from(PoolJob).where(text(ALIVE), PoolJob.owner == owner)
        there = session.scalar(alive) or 0
        if there + more > self.community.max_jobs:
            raise TooMany(
                f"{there} jobs of yours are open, of at most {self.community.max_jobs}: wait for some of "
                "them, or stop them.",
                "too_many_jobs",
                {"retry_after": 60},
            )

    def create_job(self, viewer: Viewer, fields: wire.JobCreate, key: Key | None = None) -> wire.Job:
        """Ask for a search of one job."""
        wanted = wire.SearchCreate(fields.data, [fields.spec], fields.consent, fields.title, fields.every)
        return self.create(viewer, wanted, key).jobs[0]

    def get(self, viewer: Viewer, search: str) -> wire.Search:
        """How a search stands."""
        with self.store.read() as session:
            return pool_shown.search(session, _search(session, viewer, search))

    def job(self, viewer: Viewer, job: str) -> wire.Job:
        """How a job stands."""
        with self.store.read() as session:
            return pool_shown.job(session, _job(session, viewer, job))

    def mine(
        self, viewer: Viewer, limit: int = 30, cursor: str | None = None
    ) -> tuple[list[wire.Search], str | None]:
        """The viewer's searches, the newest first."""
        query = select(PoolSearch).where(PoolSearch.owner == need_read(viewer))
        with self.store.read() as session:
            rows, following = NEWEST.page(session, query, limit, cursor)
            return [pool_shown.search(session, row) for row in rows], following

    def stop(self, viewer: Viewer, search: str) -> wire.Search:
        """Stop all that goes on; what is over stays."""
        need_write(viewer)
        with self.store.write() as session:
            row = _search(session, viewer, search)
            mine = select(PoolJob).where(PoolJob.search_id == row.id, PoolJob.ended.is_(None))
            for job in session.scalars(mine.order_by(PoolJob.id).with_for_update()).all():
                pool_chain.end(session, job, "stopped", self.now(), "person")
            settle(session, row, self.now())
            return pool_shown.search(session, row)

    def delete(self, viewer: Viewer, search: str) -> None:
        """Remove what is over, with all that came of it; Conflict while it goes on."""
        need_write(viewer)
        with self.store.write() as session:
            row = _search(session, viewer, search)
            if row.ended is None:
                raise Conflict("This search still goes on: stop it first.", "search_running")
            session.delete(row)

    def stop_job(self, viewer: Viewer, job: str) -> wire.Job:
        """Stop one job."""
        need_write(viewer)
        with self.store.write() as session:
            row = pool_chain.locked(session, _job(session, viewer, job).id)
            if row.ended is None:
                pool_chain.end(session, row, "stopped", self.now(), "person")
                settle(session, session.get_one(PoolSearch, row.search_id), self.now())
            return pool_shown.job(session, row)

    def checkpoint(self, viewer: Viewer, job: str) -> str:
        """The digest of the last accepted state; NotFound where there is none."""
        with self.store.read() as session:
            row = _job(session, viewer, job)
            head = session.get(PoolLease, row.head) if row.head else None
        if head is None or head.blob is None:
            raise NotFound("Nothing of this job was accepted yet.", "checkpoint_not_found")
        return head.blob

    def sweep(self, now: datetime) -> None:
        """Remove what ended long ago."""
        old = PoolSearch.ended < now - timedelta(days=self.community.keep_days)
        with self.store.read() as session:
            gone = session.scalars(select(PoolSearch.id).where(old).limit(REMOVED)).all()
        for search in gone:
            with self.store.write() as session:
                session.delete(session.get_one(PoolSearch, search))


def _search(session: Session, viewer: Viewer, search: str) -> PoolSearch:
    row = session.get(PoolSearch, search) if "\0" not in search else None
    if row is None or not viewer.acts_for(row.owner):
        raise NotFound("There is no such search of yours.", "search_not_found")
    return row


def _job(session: Session, viewer: Viewer, job: str) -> PoolJob:
    row = session.get(PoolJob, job) if "\0" not in job else None
    if row is None or not viewer.acts_for(row.owner):
        raise NotFound("There is no such job of yours.", "job_not_found")
    return row


def _public(session: Session, dataset: str) -> None:
    owner, _, name = dataset.partition("/")
    there = select(Dataset.id).where(text(LISTED), Dataset.owner == owner, Dataset.name == name)
    if "\0" in owner or not NAME.fullmatch(name) or session.scalar(there) is None:
        raise Unusable(
            "Only public datasets are given to volunteers: there is no public one of this name.",
            "dataset_not_public",
            {"field": "dataset"},
        )
