"""Lists of runs that read no more than they show, whatever is filtered and however many runs there are."""

from __future__ import annotations

from datetime import datetime
from functools import cache, lru_cache
from typing import Any, Literal, NamedTuple

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session, contains_eager

from mlabs_ext import wire
from mlabs_ext.service import orm, run_facets
from mlabs_ext.service.cursors import Sort
from mlabs_ext.service.run_facets import COUNTED, Facet, Shape
from mlabs_ext.service.times import utc

NEWEST = Sort("runs", orm.Run.started, orm.Run.id, datetime)


class Scope(NamedTuple):
    """Whose runs: those with `value` in `column`, which is one that the indexes begin with.

    With `user` only that person's; with `shown` only those of a version.
    """

    column: Literal["lab_id", "user"]
    value: str
    shown: bool = False
    user: str | None = None

    def runs(self) -> Select[*tuple[Any, ...]]:
        """The runs, with their labs."""
        query = with_labs(select(orm.Run)).where(getattr(orm.Run, self.column) == self.value)
        if self.user is not None:
            query = query.where(orm.Run.user == self.user)
        return query.where(orm.Run.version.is_not(None)) if self.shown else query

    def shape(self, filters: dict[str, Any], paged: bool = False) -> Shape:
        """What a statement for it is made of."""
        since, until = (filters.get(name) is not None for name in ("since", "until"))
        return Shape(self.column, self.shown, self.user is not None, since, until, paged)

    def values(self, filters: dict[str, Any]) -> dict[str, Any]:
        """What goes into that statement."""
        moments = {name: utc(filters[name]) for name in ("since", "until") if filters.get(name) is not None}
        return {"value": self.value, **moments, **({} if self.user is None else {"user": self.user})}


def of_lab(lab: orm.Lab, shown: bool = False, user: str | None = None) -> Scope:
    """The runs of a lab."""
    return Scope("lab_id", lab.id, shown, None if user == lab.owner else user)


def of_user(user: str) -> Scope:
    """The runs that are somebody's."""
    return Scope("user", user)


def page(
    session: Session, scope: Scope, limit: int, cursor: str | None, **filters: Any
) -> tuple[list[orm.Run], str | None]:
    """A page of runs with their labs, newest first, and the cursor of the next one; see `filtered`."""
    if all(filters.get(name) is None for name in orm.FACETS):
        return NEWEST.page_of(session, _by_time(scope.shape(filters)), scope.values(filters), limit, cursor)
    found = _facets(session, scope, filters)
    if found is None:
        return NEWEST.page(session, filtered(scope.runs(), **filters), limit, cursor)
    shape, values = scope.shape(filters, paged=cursor is not None), scope.values(filters)
    keys = run_facets.newest(session, shape, values | NEWEST.bound(cursor), found, limit + 1)
    runs = session.scalars(_of_keys(), {"keys": keys}).all()
    rows = sorted(runs, key=lambda run: (run.started, run.id), reverse=True)
    return NEWEST.cut(rows, limit, more=len(keys) > limit)


@lru_cache(64)
def _by_time(shape: Shape) -> Select[*tuple[Any, ...]]:
    """All runs of a scope, or those of some time: a statement that is made once."""
    return run_facets.of_shape(shape, with_labs(select(orm.Run)))


@cache
def _of_keys() -> Select[*tuple[Any, ...]]:
    return with_labs(select(orm.Run).where(orm.Run.key.in_(bindparam("keys", expanding=True))))


def totals(session: Session, scope: Scope, **filters: Any) -> wire.RunTotals:
    """How many runs there are, also by status; of each kind no more than `COUNTED` are counted."""
    asked = {name: filters.get(name) for name in orm.FACETS}
    wanted = {name: value.replace("\0", "") for name, value in asked.items() if value is not None}
    found = run_facets.counts(session, scope.shape(filters), scope.values(filters), wanted)
    if found is None:
        count = run_facets.count(session, filtered(scope.runs(), **filters).with_only_columns(orm.Run.key))
        return wire.RunTotals(min(count, COUNTED), count <= COUNTED, {})
    statuses: dict[str, int] = {}
    complete = True
    for facet, count in found:
        statuses[facet.status] = statuses.get(facet.status, 0) + min(count, COUNTED)
        complete &= count <= COUNTED
    present = {status: count for status, count in statuses.items() if count}
    return wire.RunTotals(sum(present.values()), complete, present)


def with_labs(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """The runs of a query together with their labs."""
    return query.join(orm.Run.lab).options(contains_eager(orm.Run.lab))


def filtered(
    query: Select[*tuple[Any, ...]],
    status: str | None = None,
    kind: str | None = None,
    environment: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Select[*tuple[Any, ...]]:
    """Runs of that status, kind, environment; begun at `since` or later and before `until`."""
    for column, value in zip(run_facets.COLUMNS, (status, kind, environment), strict=True):
        if value is not None:
            query = query.where(column == value.replace("\0", ""))
    if since is not None:
        query = query.where(orm.Run.started >= utc(since))
    return query if until is None else query.where(orm.Run.started < utc(until))


def _facets(session: Session, scope: Scope, filters: dict[str, Any]) -> list[Facet] | None:
    """The combinations that fit; None where there are too many to look at each."""
    found = run_facets.of(session, scope.column, scope.value)
    wanted = [filters.get(name) for name in orm.FACETS]
    return found and [
        facet for facet in found if all(w in (None, h) for w, h in zip(wanted, facet, strict=True))
    ]
