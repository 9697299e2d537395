"""What search needs of a database: to keep the words of each lab, and to say which labs have some of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from sqlalchemy.orm import Session

from mlabs_ext.service.search_postgresql import PostgresqlIndex
from mlabs_ext.service.search_sqlite import SqliteIndex
from mlabs_ext.service.search_text import Entry
from mlabs_ext.service.words import Term

# Where all the words are: in what names the lab, anywhere, or anywhere but not all in what names it.
Part = Literal["head", "text", "rest"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Labs that have all these facets and terms, of which there is one at least."""

    facets: tuple[str, ...]
    terms: tuple[Term, ...]


class Index(Protocol):
    """The words of labs by their keys; who deletes a row of `lab_text` has deleted its words too."""

    def put(self, session: Session, key: int, entry: Entry) -> None:
        """Keep the words of a lab, in the place of those that it had."""

    def newest(
        self, session: Session, wanted: Wanted, part: Part, limit: int, before: int | None = None
    ) -> list[int]:
        """The largest keys, below `before`, of labs that are wanted; the largest first."""


INDEXES: dict[str, Index] = {"sqlite": SqliteIndex(), "postgresql": PostgresqlIndex()}


def index_of(session: Session) -> Index:
    """The index of the session's database."""
    return INDEXES[session.get_bind().dialect.name]
