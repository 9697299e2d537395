"""The search index, made again from the texts that the database keeps."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import text
from sqlalchemy.orm import Session

from mlabs_ext.service import orm
from mlabs_ext.service.orm_search import LabText
from mlabs_ext.service.search_index import index_of
from mlabs_ext.service.search_text import entry

ROW = {"sqlite": "rowid", "postgresql": "key"}
LACKING = "SELECT key FROM lab_text WHERE key NOT IN (SELECT {row} FROM lab_words) ORDER BY key"


def lacking(session: Session) -> list[int]:
    """The keys of labs whose words are not there."""
    row = ROW[session.get_bind().dialect.name]
    return list(session.scalars(text(LACKING.format(row=row))))


def fill(session: Session, tell: Callable[[str, int], None]) -> int:
    """Add the words that are lacking, in the caller's transaction; of how many labs."""
    keys = lacking(session)
    for number, key in enumerate(keys):
        row = session.get_one(LabText, key)
        lab = session.get_one(orm.Lab, row.lab_id)
        index_of(session).put(session, key, entry(lab, row.text))
        session.expunge(row)
        session.expunge(lab)
        tell("words of search", 100 * (number + 1) // len(keys))
    return len(keys)
