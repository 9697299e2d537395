"""The pool as everybody sees it, and its numbers for Prometheus."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from mlabs_ext.service import pool_order
from mlabs_ext.service.community import PoolRules
from mlabs_ext.service.orm_pool import LIVE, WAITS, PoolCount, PoolJob, PoolLease, PoolWorker
from mlabs_ext.service.pool_counts import seconds_since
from mlabs_ext.wire import community as wire

# Workers that are shown; others are counted.
SHOWN = 500


class PoolNumbers(PoolRules):
    """The rules about what is told of the pool as a whole: names of workers, and never whose they are."""

    def community_now(self) -> wire.Community:
        """Who lends, what waits, and how much was done."""
        now = self.now()
        today = now.replace(hour=0, minute=0, second=0, microsecond=0)
        with self.store.read() as session:
            done = select(func.count()).select_from(PoolLease)
            done = done.where(PoolLease.status == "accepted", PoolLease.ended >= today)
            return wire.Community(
                enabled=self.community.open(),
                signed_out=self.community.signed_out,
                workers=self._workers(session, now),
                waiting=_count(session, PoolJob, WAITS),
                running=_count(session, PoolLease, LIVE),
                done_today=session.scalar(done) or 0,
                seconds_lent_month=round(seconds_since(session, today.replace(day=1)), 1),
            )

    def _workers(self, session: Session, now: datetime) -> list[wire.CommunityWorker]:
        there = select(PoolWorker).where(*pool_order.present(self.community, now))
        busy = set(session.scalars(select(PoolLease.worker_id).where(text(LIVE))))
        rows = session.scalars(there.order_by(PoolWorker.created, PoolWorker.id).limit(SHOWN))
        return [
            wire.CommunityWorker(
                row.name,
                row.kind,
                row.backend,
                row.created,
                row.id in busy,
                row.slices,
            )
            for row in rows
        ]

    def measure(self) -> dict[str, float]:
        """The numbers by their names."""
        now = self.now()
        month = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        with self.store.read() as session:
            counts = dict(session.execute(select(PoolCount.what, PoolCount.count)).all())
            found = {
                "workers": pool_order.how_many(session, self.community, now),
                "jobs_waiting": _count(session, PoolJob, WAITS),
                "slices_running": _count(session, PoolLease, LIVE),
                "seconds_lent_this_month": seconds_since(session, month),
            }
        for what in ("done", "refused", "expired", "confirmed"):
            found[f"slices_{what}"] = counts.get(what, 0)
        return found | {"workers_quarantined": counts.get("quarantined", 0)}


def _count(session: Session, table: type, condition: str) -> int:
    return session.scalar(select(func.count()).select_from(table).where(text(condition))) or 0
