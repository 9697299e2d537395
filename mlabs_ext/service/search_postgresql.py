"""The search index in PostgreSQL: the words of each lab as tsvectors, made here, under one GIN index.

The index knows no positions, and what it says of a phrase has to be looked up in the row, which is slow for
common words: so a phrase is looked for in the newest labs that have all its words.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from mlabs_ext.service.search_text import Entry
from mlabs_ext.service.words import Term

if TYPE_CHECKING:
    from mlabs_ext.service.search_index import Part, Wanted

LOOKED_AT = 2000
# Between what names a lab and its text, so that no phrase leads across; positions end at 16,383.
GAP, LAST = 10, 16_000
# Of one word; PostgreSQL keeps no more.
MOST = 255
# Beginnings so short are words of their own: looking up all that begin with them takes too long.
SHORT = 2, 3
PUT = text(
    "INSERT INTO lab_words (key, head, words) "
    "VALUES (:key, CAST(:head AS tsvector), CAST(:words AS tsvector)) "
    "ON CONFLICT (key) DO UPDATE SET head = excluded.head, words = excluded.words"
)
# The index is always the way, but the planner does not know what reading a long row takes.
# That holds until the transaction ends, and is as well for finding labs by their keys.
HINTS = text("SELECT set_config('enable_seqscan', 'off', true), set_config('enable_indexscan', 'off', true)")
HINTED = "searched by the index"
CANDIDATES = """
    WITH candidate AS MATERIALIZED (SELECT key FROM lab_words WHERE {column} @@ CAST(:query AS tsquery) {but})
    SELECT key FROM candidate WHERE CAST(:before AS bigint) IS NULL OR key < :before
    ORDER BY key DESC LIMIT :limit
"""
BUT = "AND NOT head @@ CAST(:named AS tsquery)"
EXACT = """
    SELECT key FROM lab_words WHERE key = ANY(:keys) AND {column} @@ CAST(:exact AS tsquery)
    ORDER BY key DESC LIMIT :limit
"""


class PostgresqlIndex:
    """Words in `lab_words`, a row of which goes with the lab's."""

    def put(self, session: Session, key: int, entry: Entry) -> None:
        """Keep the words of a lab."""
        facets = [f"={facet}" for facet in entry.facets]
        head, both = _positions(entry.head), _positions(entry.head, entry.body)
        session.execute(PUT, {"key": key, "head": vector(facets, head), "words": vector(facets, both)})

    def newest(
        self, session: Session, wanted: Wanted, part: Part, limit: int, before: int | None = None
    ) -> list[int]:
        """The largest keys of labs that are wanted."""
        column = "head" if part == "head" else "words"
        phrases = any(len(term.words) > 1 for term in wanted.terms)
        values: dict[str, Any] = {"query": query(wanted.facets, wanted.terms, exact=False), "before": before}
        values["limit"] = LOOKED_AT if phrases else limit
        if part == "rest":
            values["named"] = query((), wanted.terms, exact=True)
        statement = CANDIDATES.format(column=column, but=BUT if part == "rest" else "")
        found = _by_index(session, statement, values)
        if not (phrases and found):
            return found
        exact = {"keys": found, "exact": query(wanted.facets, wanted.terms, exact=True), "limit": limit}
        return list(session.scalars(text(EXACT.format(column=column)), exact))


def _by_index(session: Session, statement: str, values: dict[str, Any]) -> list[int]:
    if HINTED not in session.info:
        session.execute(HINTS)
        session.info[HINTED] = True
    return list(session.scalars(text(statement), values))


def vector(facets: list[str], positions: dict[str, list[int]]) -> str:
    """A tsvector as text, with short beginnings as words without a position. No word needs quoting."""
    short = {f"<{word[:length]}" for word in positions for length in SHORT if len(word) > length}
    words = (f"'{word}':{','.join(map(str, found[:MOST]))}" for word, found in positions.items())
    return " ".join([*(f"'{word}'" for word in (*facets, *short)), *words])


def _positions(*parts: list[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    at = 0
    for part in parts:
        for word in part:
            at += 1
            found[word].append(min(at, LAST))
        at += GAP
    return found


def query(facets: tuple[str, ...], terms: tuple[Term, ...], exact: bool) -> str:
    """A tsquery; where it need not be `exact`, the words of a phrase may be anywhere."""
    return " & ".join([*(f"'={facet}'" for facet in facets), *(_term(term, exact) for term in terms)])


def _term(term: Term, exact: bool) -> str:
    *first, last = [f"'{word}'" for word in term.words]
    if term.prefix and len(term.words[-1]) in SHORT and not (exact and first):
        last = f"({last} | '<{term.words[-1]}')"
    elif term.prefix:
        last = f"{last}:*"
    return f"({(' <-> ' if exact else ' & ').join([*first, last])})"
