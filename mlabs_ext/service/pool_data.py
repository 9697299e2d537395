"""Rows that people send to be learned from: those to train on go to who has a lease, others to nobody."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, exists, or_, select
from sqlalchemy.orm import Session

from mlabs_ext.errors import TooLarge, Unusable
from mlabs_ext.service import pool_blocks, statements, storage
from mlabs_ext.service.blobs_writer import Writer
from mlabs_ext.service.community import PoolRules
from mlabs_ext.service.orm_pool import PoolData, PoolSearch
from mlabs_ext.service.rules import need_write
from mlabs_ext.service.sizes import spoken
from mlabs_ext.service.viewers import Viewer
from mlabs_ext.wire import community as wire

# Rows that no search names are forgotten after this.
UNUSED = timedelta(days=1)


class PoolRows(PoolRules):
    """The rules about rows."""

    def expect(self, viewer: Viewer, size: int) -> int:
        """Raise what is in the way of so many bytes; how many may come."""
        owner = need_write(viewer)
        self.community.need()
        if size > self.community.max_rows_bytes:
            raise TooLarge(
                f"Rows may have {spoken(self.community.max_rows_bytes)} here: take fewer of them.",
                "rows_too_large",
            )
        with self.store.read() as session:
            storage.check_size(session, self.plans.of(session, owner, viewer), owner, size)
        return self.community.max_rows_bytes

    def keep(self, viewer: Viewer, came: Writer) -> wire.JobData:
        """Keep what came if it is rows; Unusable where it is not."""
        self.expect(viewer, came.size)
        with came.reading() as file:
            known = pool_blocks.rows(file, came.size)
        digest, owner = came.commit(), need_write(viewer)
        row = {"owner": owner, "blob": digest, "size": came.size, "created": self.now()}
        row |= {"count": known.count, "x": known.x, "y": known.y, "low": known.low, "high": known.high}
        with self.store.write() as session:
            storage.turn(session, owner)
            storage.check_size(session, self.plans.of(session, owner, viewer), owner, came.size)
            insert = statements.insert(session, PoolData).values(**row)
            again = {"created": self.now()}
            session.execute(insert.on_conflict_do_update(index_elements=["owner", "blob"], set_=again))
        return wire.JobData(digest, came.size)

    def sweep(self, now: datetime) -> None:
        """Forget what nothing is to be learned from any more."""
        named = or_(PoolSearch.train == PoolData.blob, PoolSearch.held_out == PoolData.blob)
        used = exists().where(PoolSearch.owner == PoolData.owner, named)
        unused = PoolData.created < now - UNUSED, ~used
        with self.store.read() as session:
            if session.scalar(select(PoolData.blob).where(*unused).limit(1)) is None:
                return
        with self.store.write() as session:
            session.execute(delete(PoolData).where(*unused))


def find(session: Session, owner: str, digest: str) -> PoolData:
    """Rows that somebody sent, locked against being forgotten; Unusable where they did not."""
    row = session.get(PoolData, (owner, digest), with_for_update=True)
    if row is None:
        raise Unusable(
            f"There are no rows {digest} of yours: send them to `jobs/data` first.", "rows_unknown"
        )
    return row
