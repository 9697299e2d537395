"""What the rows of the ledger add up to: hours used in a month, and when the rest of them will be."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Select,
    Subquery,
    bindparam,
    case,
    func,
    literal,
    select,
    text,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import Session

from mlabs_ext.accelerators import COMMUNITY, counted
from mlabs_ext.service import orm

HOUR = timedelta(hours=1)
ENDED = type_coerce(orm.Server.ended, BigInteger)
USERS: BindParameter[Any] = bindparam("users", expanding=True)
NOW, START, END = (bindparam(name, type_=BigInteger) for name in ("now", "start", "end"))
LONGEST_MONTH = timedelta(days=31)
# So many months ahead is an end looked for: one of them has 31 days.
MONTHS = 3


class Period(NamedTuple):
    """A calendar month in UTC, from its first moment up to the next one's."""

    start: datetime
    end: datetime

    @classmethod
    def of(cls, moment: datetime) -> Period:
        """The month of a moment."""
        moment = moment.astimezone(UTC)
        return _month(moment.year, moment.month)


@cache
def _month(year: int, month: int) -> Period:
    first = datetime(year, month, 1, tzinfo=UTC)
    return Period(first, (first + timedelta(days=32)).replace(day=1))


class Used(NamedTuple):
    """The time that servers ran; the same times the accelerators that they held, and on lent machines."""

    cpu: timedelta = timedelta()
    gpu: timedelta = timedelta()
    community: timedelta = timedelta()


class Open(NamedTuple):
    """An open server, as far as its end depends on it."""

    id: str
    user: str
    name: str
    lab: str
    accelerator: str
    accelerators: int
    started: datetime | None
    reason: str | None

    def rate(self, kind: str) -> int:
        """How many hours of a kind it uses in one: `cpu`, or one of those of its accelerator."""
        if kind == "cpu":
            return 1
        return self.accelerators if counted(self.accelerator) == kind else 0


class End(NamedTuple):
    """When a server has to be stopped, and why."""

    moment: datetime
    reason: str


def open_servers(session: Session, users: Collection[str] | None = None) -> list[Open]:
    """The open servers of these people, or of everybody, the oldest request first."""
    whose = {} if users is None else {"users": list(users)}
    return [Open(*row) for row in session.execute(_open_servers(users is None), whose)]


@cache
def _open_servers(all_of_them: bool) -> Select[*tuple[Any, ...]]:
    query = select(*(getattr(orm.Server, field) for field in Open._fields)).where(orm.Server.ended.is_(None))
    if not all_of_them:
        query = query.where(orm.Server.user.in_(USERS))
    return query.order_by(orm.Server.requested, orm.Server.id)


def used(session: Session, users: Collection[str], now: datetime) -> dict[str, Used]:
    """What each of these people has used in the month of `now`, to the microsecond.

    One statement sees one moment: a server that ends meanwhile counts once.
    """
    if not users:
        return {}
    rows = session.execute(_used_by_each(), _moments(now) | {"users": list(users)})
    return dict.fromkeys(users, Used()) | {user: _used(*sums) for user, *sums in rows}


def used_by_all(session: Session, now: datetime) -> Used:
    """What all people together have used in the month of `now`."""
    return _used(*session.execute(_used_together(), _moments(now)).one())


def _moments(now: datetime) -> dict[str, int]:
    period = Period.of(now)
    return {"now": orm.micros(now), "start": orm.micros(period.start), "end": orm.micros(period.end)}


@cache
def _used_by_each() -> Select[*tuple[Any, ...]]:
    """The sums of each of `users`: a statement that is made once."""
    mine = orm.Server.user.in_(USERS)
    spans = union_all(*(each.where(mine) for each in _spans())).subquery()
    return select(spans.c.who, *_sums(spans)).group_by(spans.c.who)


@cache
def _used_together() -> Select[*tuple[Any, ...]]:
    """The sums of all people."""
    spans = union_all(*_spans()).subquery()
    return select(*_sums(spans))


def _sums(spans: Subquery) -> list[ColumnElement[int]]:
    """What Used holds, in its order."""
    held = spans.c.span * spans.c.accelerators
    lent = spans.c.accelerator == COMMUNITY
    return [
        func.sum(spans.c.span),
        func.sum(case((lent, 0), else_=held)),
        func.sum(case((lent, held), else_=0)),
    ]


def _spans() -> tuple[Select[*tuple[Any, ...]], ...]:
    """How many microseconds of the period each server ran that ended in it, and each that is still open."""
    ended = _spans_until(ENDED).where(text(orm.RAN), ENDED > START)
    return ended, _spans_until(NOW).where(orm.Server.ended.is_(None), orm.Server.started.is_not(None))


def _spans_until(until: ColumnElement[int]) -> Select[*tuple[Any, ...]]:
    since = _later(type_coerce(orm.Server.started, BigInteger), START)
    held = orm.Server.accelerator, orm.Server.accelerators
    span = _later(_earlier(until, END) - since, literal(0))
    return select(orm.Server.user.label("who"), *held, span.label("span"))


def _later(a: ColumnElement[int], b: ColumnElement[int]) -> ColumnElement[int]:
    return case((a > b, a), else_=b)


def _earlier(a: ColumnElement[int], b: ColumnElement[int]) -> ColumnElement[int]:
    return case((a < b, a), else_=b)


def _used(*sums: int | None) -> Used:
    # PostgreSQL's sums are decimals.
    return Used(*(timedelta(microseconds=int(one or 0)) for one in sums))


@dataclass(frozen=True)
class Budget:
    """Hours of each month: `allowed`, of which `spent` is gone at `now`; `rate` more are used in an hour."""

    allowed: timedelta
    spent: timedelta
    rate: int

    def empty(self, now: datetime) -> datetime | None:
        """When it is used up if nothing starts or ends meanwhile; None where each month is long enough.

        Before `now` where it is used up already.
        """
        if self.rate <= 0:
            return None
        end = Period.of(now).end
        moment = now + (self.allowed - self.spent) / self.rate
        for _ in range(1 if self.allowed >= LONGEST_MONTH * self.rate else MONTHS):
            if moment < end:
                return moment
            moment, end = end + self.allowed / self.rate, Period.of(end).end
        return None
