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
    ColumnElement,
    Integer,
    ScalarSelect,
    Select,
    String,
    and_,
    bindparam,
    case,
    func,
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
VALUE, PIECES = bindparam("value", type_=String), bindparam("pieces", type_=Integer)


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
    found = [Facet(*row) for row in session.execute(_all(column), {"value": value, "pieces": MOST + 1})]
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
    session: Session, shape: Shape, values: dict[str, Any], wanted: dict[str, str]
) -> list[tuple[Facet, int]] | None:
    """How many runs there are of each combination that has what is wanted, at most one more than `COUNTED`.

    None where the combinations are too many to look at each.
    """
    asked = {f"wanted_{name}": value for name, value in wanted.items()}
    limits = {"most": COUNTED + 1, "pieces": MOST + 1}
    rows = session.execute(_counts(shape, tuple(wanted)), values | asked | limits).all()
    if len(rows) > MOST:
        return None
    return [(Facet(*facet), count) for *facet, count in rows if count is not None]


def count(session: Session, query: Select[*tuple[Any, ...]]) -> int:
    """The same for a query of ours."""
    return session.scalar(select(func.count()).select_from(query.limit(COUNTED + 1).subquery())) or 0


def _named(facets: Sequence[Facet]) -> dict[str, str]:
    return {f"{name}{n}": value for n, facet in enumerate(facets) for name, value in facet._asdict().items()}


@cache
def _all(column: str) -> Select[*tuple[Any, ...]]:
    """All combinations."""
    return select(*_found(column).c).limit(PIECES)


def _found(column: str) -> CTE:
    """All combinations, by leaping in the index from each one to the next."""
    scope, first, following = getattr(orm.Run, column), aliased(orm.Run), aliased(orm.Run)
    start = select(orm.Run.key).where(scope == VALUE).order_by(*COLUMNS).limit(1).scalar_subquery()
    found = select(*_of(first)).where(first.key == start).cte("found", recursive=True)
    leap = func.coalesce(*(_leap(scope == VALUE, found, same) for same in (2, 1, 0)))
    next_ones = select(*_of(following)).select_from(found).join(following, following.key == leap)
    return found.union_all(next_ones)


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
    lists = [_runs(shape, _numbered(number), *columns).order_by(*order) for number in range(facets)]
    if facets == 1:
        return lists[0].limit(most).with_only_columns(orm.Run.key)
    all_of_them = union_all(*(select(one.limit(most).subquery()) for one in lists)).subquery()
    started, id_, key = all_of_them.c
    return select(key).order_by(started.desc(), id_.desc()).limit(most)


def _numbered(number: int) -> list[ColumnElement[bool]]:
    """That a run is of one combination."""
    names = zip(orm.FACETS, COLUMNS, strict=True)
    return [column == bindparam(f"{name}{number}", type_=column.type) for name, column in names]


@lru_cache(64)
def _counts(shape: Shape, wanted: tuple[str, ...]) -> Select[*tuple[Any, ...]]:
    """All combinations, with how many runs there are of each that is wanted."""
    found = _found(shape.column)
    same = [column == here for column, here in zip(COLUMNS, found.c, strict=True)]
    runs = _runs(shape, same, orm.Run.key).limit(bindparam("most", type_=Integer)).correlate(found).subquery()
    count = select(func.count()).select_from(runs).scalar_subquery()
    asked = [found.c[name] == bindparam(f"wanted_{name}", type_=String) for name in wanted]
    told = case((and_(*asked), count), else_=None) if asked else count
    return select(*found.c, told.label("count")).limit(PIECES)


def _runs(shape: Shape, here: Sequence[ColumnElement[bool]], *columns: Any) -> Select[*tuple[Any, ...]]:
    """The runs of one combination."""
    run = orm.Run
    query = of_shape(shape, select(*columns)).where(*here)
    if shape.shown:
        # Drafts are older than what is shown: not one of them has to be looked at.
        shown = getattr(run, shape.column) == VALUE, run.version.is_not(None)
        oldest = select(run.started).where(*shown).order_by(run.started).limit(1)
        query = query.where(run.started >= oldest.scalar_subquery())
    if shape.paged:
        position = bindparam("at", type_=run.started.type), bindparam("before", type_=String)
        query = query.where(tuple_(run.started, run.id) < tuple_(*position))
    return query


def of_shape(shape: Shape, query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Those among the runs of a query that belong to a scope, and to its time; of any combination and page.

    Values come with the statement, by the names in `Scope.values`.
    """
    run = orm.Run
    query = query.where(getattr(run, shape.column) == VALUE)
    if shape.user:
        query = query.where(run.user == bindparam("user", type_=String))
    if shape.shown:
        query = query.where(run.version.is_not(None))
    if shape.since:
        query = query.where(run.started >= bindparam("since", type_=run.started.type))
    if shape.until:
        query = query.where(run.started < bindparam("until", type_=run.started.type))
    return query
