"""Keeps what search finds in step with the labs, in the very transaction that changes them.

It listens to what is written rather than being called, so that no rule can forget it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, event, insert, inspect
from sqlalchemy.orm import Session

from mlabs_ext.service import orm
from mlabs_ext.service.changes import Writing
from mlabs_ext.service.orm_search import LabText
from mlabs_ext.service.search_index import index_of
from mlabs_ext.service.search_text import entry

# What is searched, filtered by, and what orders the labs; their counts change with every run.
WATCHED = (
    "owner", "name", "title", "description", "tags", "visibility", "environment", "accelerator",
    "version", "updated", "deleted", "taken_down",
)  # fmt: skip
CHANGED, TEXTS = "labs whose words change", "texts of new versions"


@event.listens_for(Writing, "after_flush")
def _note(session: Session, context: Any) -> None:
    for row in (*session.new, *session.dirty):
        if isinstance(row, orm.Lab) and any(
            inspect(row).attrs[name].history.has_changes() for name in WATCHED
        ):
            session.info.setdefault(CHANGED, {})[row.id] = row


def told(session: Session, lab: orm.Lab, text: bytes | None) -> None:
    """Take the text of the version that the lab has now; without one it is read soon."""
    session.info.setdefault(TEXTS, {})[lab.id] = text


def settle(session: Session) -> None:
    """Index the labs that the transaction changed; to be called at its end."""
    texts = session.info.pop(TEXTS, {})
    for lab in session.info.pop(CHANGED, {}).values():
        columns = LabText.number, LabText.text, LabText.pending
        old = session.execute(delete(LabText).where(LabText.lab_id == lab.id).returning(*columns)).first()
        if lab.deleted is None:
            if old is not None and old.number == lab.version:
                _put(session, lab, old.text, old.pending)
            else:
                _put(session, lab, texts.get(lab.id), lab.version > 0)


def _put(session: Session, lab: orm.Lab, text: bytes | None, pending: bool) -> None:
    row = {"lab_id": lab.id, "number": lab.version, "text": text, "pending": pending}
    key = session.scalars(insert(LabText).values(row).returning(LabText.key)).one()
    index_of(session).put(session, key, entry(lab, text))
