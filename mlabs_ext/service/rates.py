"""How often a person may do something: counted in the database, so that all services count together."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from mlabs_ext.errors import TooMany
from mlabs_ext.service import turns


def check(
    session: Session,
    who: InstrumentedAttribute[str],
    when: InstrumentedAttribute[datetime],
    user: str,
    most: int,
    within: float,
    now: datetime,
) -> None:
    """TooMany `too_many` where a person's rows of the last `within` seconds are `most` already.

    Who asks at the same time waits for this transaction, so that nobody gets more by hurrying.
    """
    turns.take(session, f"{who.class_.__tablename__} {user}")
    span = timedelta(seconds=within)
    newest = select(when).where(who == user, when > now - span).order_by(when.desc())
    first = session.scalar(newest.offset(most - 1).limit(1))
    if first is not None:
        wait = max(1, math.ceil((first + span - now).total_seconds()))
        minutes = f"{math.ceil(wait / 60)} min" if wait > 60 else f"{wait} s"
        raise TooMany(
            f"That was a lot in a short time. You can go on in {minutes}; nothing was sent.",
            "too_many",
            {"retry_after": wait},
        )
