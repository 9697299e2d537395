"""Runs by status, kind and environment: each combination is a piece of an index, in the order of time.

A filter names one or several of them. To read the newest of each is a matter of as many rows as are shown; to
look for them along all runs is one of all rows, where they are rare.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    CTE,
    CompoundSelect,
    Integer,
    ScalarSelect,
    Select,
    String,
    bindparam,
    func,
    literal,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from mlabs_ext.service import orm

COLUMNS = tuple(getattr(orm.Run, name) for name in orm.FACETS)
# Whoever has more combinations than this gets lists by plain search.
MOST = 100
# Beyond so many of a kind, counting takes longer than a number is worth.
COUNTED = 2000
VALUE = bindparam("value", type_=String)


class Facet(NamedTuple):
    """A combination."""

    status: str
    kind: str
    environment: str


class Shape(NamedTuple):
    """What makes one statement differ from another: made once, it need not be made for each request."""

    column: str
    shown: bool
    user: bool
    since: bool
    until: bool
    paged: bool


def of(session: Session, column: str, value: str) -> list[Facet] | None:
    """The combinations that there are runs of with `value` in `column`; None where they are too many."""
    found = [Facet(*row) for row in session.execute(_all(column), {"value": value})]
    return found if len(found) <= MOST else None


def newest(
    session: Session, shape: Shape, values: dict[str, Any], facets: Sequence[Facet], most: int
) -> list[int]:
    """The keys of the newest runs among those of some combinations."""
    if not facets:
        return []
    statement = _newest(shape, len(facets))
    return list(session.scalars(statement, values | _named(facets) | {"most": most}))


def counts(
    session: Session, shape: Shape, values: dict[str, Any], facets: Sequence[Facet]
) -> list[tuple[Facet, int]]:
    """How many runs there are of each combination, one more than `COUNTED` where there are more."""
    if not facets:
        return []
    rows = session.execute(_counts(shape, len(facets)), values | _named(facets) | {"most": COUNTED + 1})
    return [(facets[number], count) for number, count in rows]


def count(session: Session, query: Select[*tuple[Any, ...]]) -> int:
    """The same for a query of ours."""
    return session.scalar(select(func.count()).select_from(query.limit(COUNTED + 1).subquery())) or 0


def _named(facets: Sequence[Facet]) -> dict[str, str]:
    return {f"{name}{n}": value for n, facet in enumerate(facets) for name, value in facet._asdict().items()}


@cache
def _all(column: str) -> Select[*tuple[Any, ...]]:
    """All combinations, by leaping in the index from each one to the next."""
    scope, first, following = getattr(orm.Run, column), aliased(orm.Run), aliased(orm.Run)
    start = select(orm.Run.key).where(scope == VALUE).order_by(*COLUMNS).limit(1).scalar_subquery()
    found = select(*_of(first)).where(first.key == start).cte("found", recursive=True)
    leap = func.coalesce(*(_leap(scope == VALUE, found, same) for same in (2, 1, 0)))
    next_ones = select(*_of(following)).select_from(found).join(following, following.key == leap)
    found = found.union_all(next_ones)
    return select(*found.c).limit(MOST + 1)


def _leap(scope: Any, found: CTE, same: int) -> ScalarSelect[int]:
    """The first run of the next combination that begins with the same columns, so many of them."""
    theirs = tuple(found.c)
    here = [column == known for column, known in zip(COLUMNS[:same], theirs[:same], strict=True)]
    query = select(orm.Run.key).where(scope, *here, COLUMNS[same] > theirs[same])
    return query.order_by(*COLUMNS[same:]).limit(1).correlate(found).scalar_subquery()


def _of(runs: Any) -> list[Any]:
    return [getattr(runs, name) for name in orm.FACETS]


@lru_cache(256)
def _newest(shape: Shape, facets: int) -> Select[*tuple[Any, ...]]:
    """The newest of the newest of each combination."""
    most = bindparam("most", type_=Integer)
    order = orm.Run.started.desc(), orm.Run.id.desc()
    columns = orm.Run.started, orm.Run.id, orm.Run.key
    lists = [_runs(shape, number, *columns).order_by(*order) for number in range(facets)]
    if facets == 1:
        return lists[0].limit(most).with_only_columns(orm.Run.key)
    all_of_them = union_all(*(select(one.limit(most).subquery()) for one in lists)).subquery()
    started, id_, key = all_of_them.c
    return select(key).order_by(started.desc(), id_.desc()).limit(most)


@lru_cache(256)
def _counts(shape: Shape, facets: int) -> CompoundSelect[*tuple[Any, ...]]:
    most = bindparam("most", type_=Integer)
    lists = [_runs(shape, number, orm.Run.key).limit(most).subquery() for number in range(facets)]
    return union_all(
        *(
            select(
                literal(number, literal_execute=True).label("number"), func.count().label("count")
            ).select_from(one)
            for number, one in enumerate(lists)
        )
    )


def _runs(shape: Shape, number: int, *columns: Any) -> Select[*tuple[Any, ...]]:
    """The runs of one combination."""
    run, scope = orm.Run, getattr(orm.Run, shape.column) == VALUE
    here = (
        column == bindparam(f"{name}{number}", type_=column.type)
        for name, column in zip(orm.FACETS, COLUMNS, strict=True)
    )
    query = select(*columns).where(scope, *here)
    if shape.user:
        query = query.where(run.user == bindparam("user", type_=String))
    if shape.shown:
        # Drafts are older than what is shown: not one of them has to be looked at.
        oldest = select(run.started).where(scope, run.version.is_not(None)).order_by(run.started).limit(1)
        query = query.where(run.version.is_not(None), run.started >= oldest.scalar_subquery())
    if shape.since:
        query = query.where(run.started >= bindparam("since", type_=run.started.type))
    if shape.until:
        query = query.where(run.started < bindparam("until", type_=run.started.type))
    if shape.paged:
        position = bindparam("at", type_=run.started.type), bindparam("before", type_=String)
        query = query.where(tuple_(run.started, run.id) < tuple_(*position))
    return query
