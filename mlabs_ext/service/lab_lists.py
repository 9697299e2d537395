"""Lists of labs: all of them in some order, and those that a search finds, with where its words were."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, ColumnExpressionArgument, Select, and_, func, select, text, tuple_
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
RELEVANCE = "relevance"
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
        with self.store.read() as session:
            if not asked:
                order = SORTS.get(sort or "recent", SORTS["recent"])
                rows, following = order.page(session, listed(session, filters, own), limit, cursor)
                return shown.labs(session, viewer, self.addresses, rows), following
            wanted = Wanted(tuple(facets_for(filters, not own)), tuple(terms(asked)))
            rows, following = matching(session, wanted, own, sort or RELEVANCE, limit, cursor)
            found = shown.labs(session, viewer, self.addresses, rows)
            _explain(session, found, rows, wanted)
            return found, following


def listed(session: Session, filters: dict[str, str], own: bool) -> Select[*tuple[Any, ...]]:
    """All labs that the filters leave."""
    query = select(orm.Lab).where(_visible(own))
    chosen = {name: filters[name] for name in ("environment", "accelerator") if filters[name]}
    if filters["owner"]:
        query = query.where(orm.Lab.owner == filters["owner"])
    if "accelerator" in chosen and not filters["owner"]:
        query = query.where(_narrowed(session, chosen))
    else:
        query = query.where(*(getattr(orm.Lab, name) == value for name, value in chosen.items()))
    return query.where(_tagged(session, filters["tag"])) if filters["tag"] else query


def matching(session: Session, wanted: Wanted, own: bool, sort: str, limit: int, cursor: str | None) -> Page:
    """A page of the labs that hold all the terms. Who asks for none that is a word finds none."""
    if not wanted.terms:
        return [], None
    if sort in ("popular", "trending"):
        keys = index_of(session).newest(session, wanted, "text", RANKED)
        return SORTS[sort].page(session, _of_keys(keys, own), limit, cursor)
    after = None if cursor is None else _place(sort, cursor)
    found = (best if sort == RELEVANCE else newest)(session, wanted, own, limit + 1, after)
    keys = [place.key for place in found[:limit]]
    rows = dict(session.execute(_with_keys(keys, own)).all())
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
    query = select(orm.Lab.popularity, LabText.key).join(LabText, LabText.lab_id == orm.Lab.id)
    query = query.where(LabText.key.in_(keys), _visible(own))
    if after is not None:
        query = query.where(tuple_(orm.Lab.popularity, LabText.key) < tuple_(after.popularity, after.key))
    query = query.order_by(orm.Lab.popularity.desc(), LabText.key.desc()).limit(most)
    return [Place(0, *row) for row in session.execute(query)]


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


def _with_keys(keys: list[int], own: bool) -> Select[*tuple[Any, ...]]:
    """Labs by the keys of their words. Who may see them is asked of the labs themselves once more."""
    return (
        select(LabText.key, orm.Lab)
        .join(orm.Lab, orm.Lab.id == LabText.lab_id)
        .where(LabText.key.in_(keys), _visible(own))
    )


def _of_keys(keys: list[int], own: bool) -> Select[*tuple[Any, ...]]:
    of_them = select(LabText.lab_id).where(LabText.key.in_(keys))
    return select(orm.Lab).where(orm.Lab.id.in_(of_them), _visible(own))


def _explain(session: Session, found: list[wire.Lab], rows: list[orm.Lab], wanted: Wanted) -> None:
    """Say of each lab where the words are."""
    query = select(LabText.lab_id, LabText.text).where(LabText.lab_id.in_([lab.id for lab in rows]))
    stored: dict[str, Any] = dict(session.execute(query).all()) if rows else {}
    for lab, row in zip(found, rows, strict=True):
        lab.found = excerpt(row, stored.get(row.id), wanted.terms)


def _narrowed(session: Session, chosen: dict[str, str]) -> ColumnElement[bool]:
    """That a lab has these values: few such labs are found by them, many along the list's own order."""
    inner = aliased(orm.Lab)
    having = select(inner.id).where(text(orm.LISTED), *(getattr(inner, n) == v for n, v in chosen.items()))
    if _few(session, having):
        return orm.Lab.id.in_(having)
    return and_(*(getattr(orm.Lab, name) == value for name, value in chosen.items()))


def _tagged(session: Session, tag: str) -> ColumnElement[bool]:
    """That a lab has a tag, in the same way."""
    tagged = select(orm.Tag.lab_id).where(orm.Tag.tag == tag)
    if _few(session, tagged):
        return orm.Lab.id.in_(tagged)
    return tagged.where(orm.Tag.lab_id == orm.Lab.id).exists()


def _few(session: Session, rows: Select[*tuple[Any, ...]]) -> bool:
    some = select(func.count()).select_from(rows.limit(FEW + 1).subquery())
    return (session.scalar(some) or 0) <= FEW


def searchable(text: str | None) -> str:
    """Text from a query, without what no row can hold."""
    return (text or "").replace("\0", "")
