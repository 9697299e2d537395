"""The search index in SQLite: a table of FTS5, whose rows come in the order of their keys without sorting.

FTS5 is handed words and nothing else: it parts ASCII at all but letters and digits, and leaves the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.orm import Session

from mlabs_ext.service.search_text import Entry
from mlabs_ext.service.words import Term

if TYPE_CHECKING:
    from mlabs_ext.service.search_index import Part, Wanted

PUT = text(
    "INSERT OR REPLACE INTO lab_words (rowid, facets, head, body) VALUES (:key, :facets, :head, :body)"
)
NEWEST = text("SELECT rowid FROM lab_words WHERE lab_words MATCH :match ORDER BY rowid DESC LIMIT :limit")
BEFORE = text(NEWEST.text.replace("ORDER", "AND rowid < :before ORDER"))
HEAD, ANYWHERE = "head", "{head body}"


class SqliteIndex:
    """Words in `lab_words`; a trigger takes away those of a lab that goes."""

    def put(self, session: Session, key: int, entry: Entry) -> None:
        """Keep the words of a lab."""
        columns = {name: " ".join(found) for name, found in entry._asdict().items()}
        session.execute(PUT, {"key": key, **columns})

    def newest(
        self, session: Session, wanted: Wanted, part: Part, limit: int, before: int | None = None
    ) -> list[int]:
        """The largest keys of labs that are wanted."""
        values = {"match": match(wanted, part), "limit": limit}
        if before is None:
            return list(session.scalars(NEWEST, values))
        return list(session.scalars(BEFORE, {**values, "before": before}))


def match(wanted: Wanted, part: Part) -> str:
    """What is wanted in the language of FTS5."""
    facets = [f'facets : "{facet}"' for facet in wanted.facets]
    asked = _all(HEAD if part == "head" else ANYWHERE, wanted.terms)
    found = " AND ".join([*facets, *asked])
    return f"({found}) NOT ({' AND '.join(_all(HEAD, wanted.terms))})" if part == "rest" else found


def _all(columns: str, terms: tuple[Term, ...]) -> list[str]:
    return [f'{columns} : "{" ".join(term.words)}"{" *" if term.prefix else ""}' for term in terms]
