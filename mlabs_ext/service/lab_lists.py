"""Lists of labs: all of them in some order, and those that a search finds, with where its words were."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    ColumnExpressionArgument,
    Integer,
    Select,
    String,
    bindparam,
    func,
    select,
    text,
    tuple_,
)
from sqlalchemy.orm import Session, aliased

from mlabs_ext import wire
from mlabs_ext.errors import BadInput
from mlabs_ext.service import orm, shown
from mlabs_ext.service.cursors import Sort, decode, encode
from mlabs_ext.service.excerpts import excerpt
from mlabs_ext.service.orm_search import LabText
from mlabs_ext.service.rules import Rules
from mlabs_ext.service.search_index import Part, Wanted, index_of
from mlabs_ext.service.search_text import facets_for
from mlabs_ext.service.viewers import Viewer
from mlabs_ext.service.words import terms

# So many labs are sorted in no time.
FEW = 1000
# Of more matches only the newest are put into another order, and fewer where that is how most people search.
RANKED, NAMED = 1000, 500
SORTS = {
    "recent": Sort("recent", orm.Lab.updated, orm.Lab.id, datetime),
    "popular": Sort("popular", orm.Lab.popularity, orm.Lab.id, int),
    "trending": Sort("trending", orm.Lab.heat, orm.Lab.id, float),
}
OF_FEW = {name: replace(sort, few=True) for name, sort in SORTS.items()}
RELEVANCE = "relevance"
RUNTIME = "environment", "accelerator"
KEYS: BindParameter[Any] = bindparam("keys", expanding=True)
MOST = bindparam("most", type_=Integer)
Page = tuple[list[orm.Lab], str | None]


class Place(NamedTuple):
    """Where a lab is among those that match: `key` is that of its words.

    `part` is 0 for the newest that are named by the words, 1 for older ones, 2 for those that are not.
    """

    part: int
    popularity: int
    key: int


class LabLists(Rules):
    """The rules about finding labs."""

    def find(
        self,
        viewer: Viewer,
        q: str | None = None,
        owner: str | None = None,
        environment: str | None = None,
        tag: str | None = None,
        sort: str | None = None,
        limit: int = 30,
        cursor: str | None = None,
        accelerator: str | None = None,
    ) -> tuple[list[wire.Lab], str | None]:
        """Public labs that hold every word of `q`; all labs of `owner` where the viewer acts for them.

        Without `sort` the last changed come first, or where words are searched those that are named by them.
        """
        if sort not in (None, RELEVANCE, *SORTS):
            raise BadInput(f"`sort` is one of {', '.join((*SORTS, RELEVANCE))}.", "sort_invalid")
        given = {"owner": owner, "environment": environment, "accelerator": accelerator, "tag": tag}
        filters = {name: searchable(value) for name, value in given.items()}
        own = bool(filters["owner"]) and viewer.acts_for(filters["owner"])
        asked = searchable(q).strip()
        with self.store.read(whole=bool(asked)) as session:
            if not asked:
                values = {name: value for name, value in filters.items() if value}
                query, few = listed(session, values, own)
                order = (OF_FEW if few else SORTS).get(sort or "recent", SORTS["recent"])
                rows, following = order.page_of(session, query, values, limit, cursor)
                return shown.labs(session, viewer, self.addresses, rows), following
            wanted = Wanted(tuple(facets_for(filters, not own)), tuple(terms(asked)))
            rows, following = matching(session, wanted, own, sort or RELEVANCE, limit, cursor)
            found = shown.labs(session, viewer, self.addresses, rows)
            _explain(session, found, rows, wanted)
            return found, following


def listed(session: Session, filters: dict[str, str], own: bool) -> tuple[Select[*tuple[Any, ...]], bool]:
    """All labs that the filters leave, and whether they are few; the statement takes values by their names.

    Few labs with a tag or an accelerator are found by that, many along the list's own order.
    """
    runtime = tuple(name for name in RUNTIME if name in filters)
    narrow = "accelerator" in filters and "owner" not in filters
    few = narrow and _few(session, _with_runtime(runtime), filters)
    few_tagged = "tag" in filters and _few(session, _with_tag(), filters)
    return _listed(tuple(filters), own, few, few_tagged), few or few_tagged


@cache
def _listed(names: tuple[str, ...], own: bool, few: bool, few_tagged: bool) -> Select[*tuple[Any, ...]]:
    """A statement is made once: that takes longer than to run it."""
    query = select(orm.Lab).where(_visible(own))
    if "owner" in names:
        query = query.where(_has(orm.Lab, "owner"))
    runtime = tuple(name for name in RUNTIME if name in names)
    if few:
        query = query.where(orm.Lab.id.in_(_with_runtime(runtime)))
    else:
        query = query.where(*(_has(orm.Lab, name) for name in runtime))
    if few_tagged:
        return query.where(orm.Lab.id.in_(_with_tag()))
    return query.where(_with_tag().where(orm.Tag.lab_id == orm.Lab.id).exists()) if "tag" in names else query


@cache
def _with_runtime(names: tuple[str, ...]) -> Select[*tuple[Any, ...]]:
    """The ids of listed labs that have these."""
    inner = aliased(orm.Lab)
    return select(inner.id).where(text(orm.LISTED), *(_has(inner, name) for name in names))


@cache
def _with_tag() -> Select[*tuple[Any, ...]]:
    return select(orm.Tag.lab_id).where(_has(orm.Tag, "tag"))


def _has(thing: Any, name: str) -> ColumnElement[bool]:
    same: ColumnElement[bool] = getattr(thing, name) == bindparam(name, type_=String)
    return same


def matching(session: Session, wanted: Wanted, own: bool, sort: str, limit: int, cursor: str | None) -> Page:
    """A page of the labs that hold all the terms. Who asks for none that is a word finds none."""
    if not wanted.terms:
        return [], None
    if sort in ("popular", "trending"):
        keys = index_of(session).newest(session, wanted, "text", RANKED)
        return SORTS[sort].page_of(session, _of_keys(own), {"keys": keys}, limit, cursor)
    after = None if cursor is None else _place(sort, cursor)
    found = (best if sort == RELEVANCE else newest)(session, wanted, own, limit + 1, after)
    keys = [place.key for place in found[:limit]]
    rows = dict(session.execute(_with_keys(own), {"keys": keys}).all())
    following = encode([sort, *found[limit - 1]]) if len(found) > limit else None
    return [rows[key] for key in keys if key in rows], following


def best(session: Session, wanted: Wanted, own: bool, most: int, after: Place | None) -> list[Place]:
    """Labs that are named by the words, the most popular of the newest first; then others by time."""
    found: list[Place] = []
    part, before = (0, None) if after is None else (after.part, after.key)
    if part == 0:
        keys = index_of(session).newest(session, wanted, "head", NAMED)
        found = _popular(session, keys, own, most, after)
        part, before = (1, keys[-1]) if len(keys) == NAMED else (2, None)
    names: tuple[Part, ...] = ("head", "rest")
    for number, name in enumerate(names, 1):
        if part <= number and len(found) < most:
            bound = before if part == number else None
            keys = index_of(session).newest(session, wanted, name, most - len(found), bound)
            found += [Place(number, 0, key) for key in keys]
    return found


def _popular(session: Session, keys: list[int], own: bool, most: int, after: Place | None) -> list[Place]:
    if not keys:
        return []
    position = {} if after is None else {"popularity": after.popularity, "before": after.key}
    statement = _by_popularity(own, after is not None)
    return [Place(0, *row) for row in session.execute(statement, {"keys": keys, "most": most} | position)]


@cache
def _by_popularity(own: bool, paged: bool) -> Select[*tuple[Any, ...]]:
    query = select(orm.Lab.popularity, LabText.key).join(LabText, LabText.lab_id == orm.Lab.id)
    query = query.where(LabText.key.in_(KEYS), _visible(own))
    if paged:
        bound = bindparam("popularity", type_=BigInteger), bindparam("before", type_=BigInteger)
        query = query.where(tuple_(orm.Lab.popularity, LabText.key) < tuple_(*bound))
    return query.order_by(orm.Lab.popularity.desc(), LabText.key.desc()).limit(MOST)


def newest(session: Session, wanted: Wanted, own: bool, most: int, after: Place | None) -> list[Place]:
    """Labs that have the words anywhere, the newest first."""
    keys = index_of(session).newest(session, wanted, "text", most, None if after is None else after.key)
    return [Place(0, 0, key) for key in keys]


def _place(sort: str, cursor: str) -> Place:
    kind, *place = decode(cursor, tuple[str, int, int, int])
    if kind != sort or not all(abs(number) < 2**62 for number in place):
        raise BadInput("This cursor belongs to another list.", "cursor_invalid")
    return Place(*place)


def _visible(own: bool) -> ColumnExpressionArgument[bool]:
    return orm.Lab.deleted.is_(None) if own else text(orm.LISTED)


@cache
def _with_keys(own: bool) -> Select[*tuple[Any, ...]]:
    """Labs by the keys of their words. Who may see them is asked of the labs themselves once more."""
    return (
        select(LabText.key, orm.Lab)
        .join(orm.Lab, orm.Lab.id == LabText.lab_id)
        .where(LabText.key.in_(KEYS), _visible(own))
    )


@cache
def _of_keys(own: bool) -> Select[*tuple[Any, ...]]:
    of_them = select(LabText.lab_id).where(LabText.key.in_(KEYS))
    return select(orm.Lab).where(orm.Lab.id.in_(of_them), _visible(own))


def _explain(session: Session, found: list[wire.Lab], rows: list[orm.Lab], wanted: Wanted) -> None:
    """Say of each lab where the words are."""
    ids = {"ids": [lab.id for lab in rows]}
    stored: dict[str, Any] = dict(session.execute(_texts(), ids).all()) if rows else {}
    for lab, row in zip(found, rows, strict=True):
        lab.found = excerpt(row, stored.get(row.id), wanted.terms)


@cache
def _texts() -> Select[*tuple[Any, ...]]:
    return select(LabText.lab_id, LabText.text).where(LabText.lab_id.in_(shown.IDS))


def _few(session: Session, rows: Select[*tuple[Any, ...]], values: dict[str, str]) -> bool:
    return (session.scalar(_some(rows), values | {"most": FEW + 1}) or 0) <= FEW


@cache
def _some(rows: Select[*tuple[Any, ...]]) -> Select[int]:
    return select(func.count()).select_from(rows.limit(MOST).subquery())


def searchable(text: str | None) -> str:
    """Text from a query, without what no row can hold."""
    return (text or "").replace("\0", "")
