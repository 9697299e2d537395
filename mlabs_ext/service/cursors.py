"""Where the next page of a list begins: opaque to the asker, checked when it comes back."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from types import GenericAlias
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Integer, Select, bindparam, func, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from mlabs_ext.errors import BadInput


@dataclass(frozen=True)
class Sort:
    """An order: by `column` from high to low, then by `id`; `type` is the column's Python type.

    `few` is for lists of few rows: PostgreSQL then sorts them, and does not go along an index of all rows for
    a page that it takes to be near.
    """

    kind: str
    column: InstrumentedAttribute[Any]
    id: InstrumentedAttribute[Any]
    type: type
    few: bool = False

    @property
    def by(self) -> ColumnElement[Any]:
        """What rows are sorted by: the column, or what is the same and has no index."""
        return func.coalesce(self.column, self.column) if self.few else self.column.expression

    def page(
        self, session: Session, query: Select[*tuple[Any, ...]], limit: int, cursor: str | None
    ) -> tuple[list[Any], str | None]:
        """One page of `query`, and the cursor of the next one or None."""
        return self.cut(list(session.scalars(self.ordered(query, cursor).limit(limit + 1))), limit)

    def page_of(
        self,
        session: Session,
        query: Select[*tuple[Any, ...]],
        values: dict[str, Any],
        limit: int,
        cursor: str | None,
    ) -> tuple[list[Any], str | None]:
        """The same of a query that is made once for all requests: each comes with its `values`."""
        position = self.bound(cursor)
        statement = _page_of(self, query, cursor is not None)
        return self.cut(list(session.scalars(statement, values | position | {"most": limit + 1})), limit)

    def bound(self, cursor: str | None) -> dict[str, Any]:
        """Where a page begins, as values of a statement that is made once; nothing for the first page."""
        return {} if cursor is None else dict(zip(("at", "before"), self.position(cursor), strict=True))

    def ordered(self, query: Select[*tuple[Any, ...]], cursor: str | None) -> Select[*tuple[Any, ...]]:
        """The query in this order, from the cursor on."""
        if cursor is not None:
            value, id_ = self.position(cursor)
            bound = tuple_(literal(value, self.column.type), literal(id_, self.id.type))
            query = query.where(tuple_(self.by, self.id) < bound)
        return query.order_by(self.by.desc(), self.id.desc())

    def cut(self, rows: Sequence[Any], limit: int, more: bool | None = None) -> tuple[list[Any], str | None]:
        """A page out of rows in this order, which are one more than it holds where there is a next one.

        Where rows may have gone since they were counted, `more` says whether there is one.
        """
        more, page = len(rows) > limit if more is None else more, list(rows[:limit])
        return page, self._encode(page[-1]) if more and page else None

    def _encode(self, row: Any) -> str:
        position = [self.kind, getattr(row, self.column.key), getattr(row, self.id.key)]
        return encode(position)

    def position(self, cursor: str) -> tuple[Any, Any]:
        """The column and the id of the last row before the page that a cursor is of."""
        id_type = int if self.id is self.column else str
        kind, value, id_ = decode(cursor, GenericAlias(tuple, (str, self.type, id_type)))
        if kind != self.kind or "\0" in str(id_) or not (_in_range(value) and _in_range(id_)):
            raise BadInput("This cursor belongs to another list.", "cursor_invalid")
        return value, id_


@lru_cache(512)
def _page_of(sort: Sort, query: Select[*tuple[Any, ...]], paged: bool) -> Select[*tuple[Any, ...]]:
    """A page as a statement: to make it anew each time takes longer than to run it."""
    if paged:
        bound = bindparam("at", type_=sort.column.type), bindparam("before", type_=sort.id.type)
        query = query.where(tuple_(sort.by, sort.id) < tuple_(*bound))
    return sort.ordered(query, None).limit(bindparam("most", type_=Integer))


def encode(position: list[Any]) -> str:
    """A cursor that says where a page ended."""
    return base64.urlsafe_b64encode(msgspec.json.encode(position)).decode().rstrip("=")


def decode(cursor: str, shape: Any) -> Any:
    """What `encode` was given, of that type; BadInput `cursor_invalid` for anything else."""
    try:
        data = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(data, type=shape)
    except (binascii.Error, ValueError, RecursionError) as error:
        raise BadInput("This cursor is not one of ours.", "cursor_invalid") from error


def _in_range(value: Any) -> bool:
    if isinstance(value, datetime):
        return value.tzinfo is not None and 1970 < value.year < 9000
    return not isinstance(value, int) or abs(value) < 2**31
