"""Those who lend a tab or a machine: how they come, how they are known, and how they go."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session
from ulid import ULID

from mlabs_ext.errors import Forbidden, NotFound
from mlabs_ext.service import pool_trust
from mlabs_ext.service.community import PoolRules
from mlabs_ext.service.orm_pool import PoolLease, PoolWorker
from mlabs_ext.service.pool_seals import LeaseSeals
from mlabs_ext.service.pool_words import friendly
from mlabs_ext.service.rules import collaborator, need_lend
from mlabs_ext.service.viewers import Viewer
from mlabs_ext.wire import community as wire

CREDENTIAL = re.compile(r"worker\s+(mlw_[\w-]{43})", re.IGNORECASE)


class PoolWorkers(PoolRules):
    """The rules about workers. A token of theirs opens nothing but the calls of workers."""

    seals: LeaseSeals = collaborator("What leases are signed with.")

    def may_register(self, viewer: Viewer) -> None:
        """Raise what is in the way of a registration."""
        self.community.need()
        if viewer.name is not None or not self.community.signed_out:
            need_lend(viewer)

    def register(self, viewer: Viewer, fields: wire.WorkerCreate) -> wire.WorkerCreated:
        """Take somebody who lends. No address is known here."""
        self.may_register(viewer)
        token, now = f"mlw_{secrets.token_urlsafe(32)}", self.now()
        row = PoolWorker(id=str(ULID()), owner=viewer.name, name=friendly(), digest=_digest(token))
        row.kind, row.backend, row.speed = fields.kind, fields.backend, fields.speed
        row.created = row.seen = now
        with self.store.write() as session:
            session.add(row)
        return wire.WorkerCreated(row.id, token, row.name, self.seals.key)

    def known(self, credential: str, always: bool = False) -> str:
        """The worker of an `Authorization` header; Forbidden where it is none's, or was sent away.

        While the pool is off, only what is `always` possible is: to leave, and to give a slice back.
        """
        said = CREDENTIAL.fullmatch(credential.strip())
        if not said:
            raise Forbidden(
                "This call is for workers: send `Authorization: worker <token>`.", "worker_required"
            )
        if not always:
            self.community.need()
        with self.store.read() as session:
            row = session.scalar(select(PoolWorker).where(PoolWorker.digest == _digest(said[1])))
        if row is None or row.left is not None:
            raise Forbidden("This worker is not known here: register again.", "worker_unknown")
        if row.quarantined is not None:
            raise Forbidden(
                f"This worker gets nothing more to do: {row.why} Its other results that nobody has confirmed "
                "were undone. If it is no lie, the machine or its graphics driver computes wrongly.",
                "quarantined",
            )
        return row.id

    def leave(self, asking: str, worker: str) -> None:
        """Go: what it was doing is given to somebody else."""
        if asking != worker:
            raise NotFound("There is no such worker of yours.", "worker_not_found")
        with self.store.write() as session:
            row = session.get_one(PoolWorker, worker, with_for_update=True)
            row.left = self.now()
            pool_trust.drop_live(session, row, "released", self.now())

    def sweep(self, now: datetime) -> None:
        """Forget those who were not heard for long, and of whom nothing is left."""
        old = PoolWorker.seen < now - timedelta(days=self.community.keep_days)
        gone = old, ~exists().where(PoolLease.worker_id == PoolWorker.id)
        with self.store.read() as session:
            if session.scalar(select(PoolWorker.id).where(*gone).limit(1)) is None:
                return
        with self.store.write() as session:
            session.execute(delete(PoolWorker).where(*gone))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def heard(session: Session, worker: str, now: datetime) -> PoolWorker:
    """The worker, locked, which was heard just now; Forbidden where it was sent away meanwhile."""
    row = session.get(PoolWorker, worker, with_for_update=True)
    if row is None or row.quarantined is not None or row.left is not None:
        raise Forbidden("This worker gets nothing more to do.", "quarantined" if row else "worker_unknown")
    row.seen = now
    return row
