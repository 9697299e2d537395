"""What is counted of the pool: how often things happened, and for how long somebody lent."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mlabs_ext.service import statements
from mlabs_ext.service.orm_pool import PoolCount, PoolUse
from mlabs_ext.service.orm_types import EPOCH

FIVE = timedelta(minutes=5)


def count(session: Session, what: str, by: int = 1) -> None:
    """It happened."""
    insert = statements.insert(session, PoolCount).values(what=what, count=by)
    more = {"count": PoolCount.count + by}
    session.execute(insert.on_conflict_do_update(index_elements=["what"], set_=more))


def used(session: Session, owner: str, seconds: float, now: datetime) -> None:
    """Somebody lent so long to `owner`."""
    since = EPOCH + (now - EPOCH) // FIVE * FIVE
    values = {"since": since, "owner": owner, "seconds": seconds}
    insert = statements.insert(session, PoolUse).values(**values)
    more = {"seconds": PoolUse.seconds + seconds}
    session.execute(insert.on_conflict_do_update(index_elements=["since", "owner"], set_=more))


def seconds_since(session: Session, moment: datetime) -> float:
    """For how long all have lent since then."""
    total = select(func.coalesce(func.sum(PoolUse.seconds), 0.0)).where(PoolUse.since >= moment)
    return float(session.scalar(total) or 0.0)
