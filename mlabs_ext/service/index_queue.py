"""What search has still to read: labs of an earlier release, forks, and what came out of the trash."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select

from mlabs_ext import notebook as notebooks
from mlabs_ext.service import orm
from mlabs_ext.service.orm_search import LabText
from mlabs_ext.service.orm_thumbnails import Thumbnail
from mlabs_ext.service.rules import Rules
from mlabs_ext.service.search_index import index_of
from mlabs_ext.service.search_text import entry, packed, pieces

AT_ONCE = 20


class Unread(NamedTuple):
    """A lab by the key of its words; `notebook` is the digest of its latest version, None of a draft.

    `drawn` says that its first figure was looked for, and `known` that its text is there.
    """

    key: int
    notebook: str | None
    known: bool
    drawn: bool


class IndexQueue(Rules):
    """The rules about labs that are to be read."""

    def waiting(self) -> list[Unread]:
        """The next few, those first that were changed last."""
        same = (orm.Version.lab_id == LabText.lab_id) & (orm.Version.number == LabText.number)
        columns = (
            LabText.key,
            orm.Version.notebook,
            LabText.text.is_not(None),
            Thumbnail.notebook.is_not(None),
        )
        query = select(*columns).outerjoin(orm.Version, same)
        query = query.outerjoin(Thumbnail, Thumbnail.notebook == orm.Version.notebook).where(LabText.pending)
        with self.store.read() as session:
            rows = session.execute(query.order_by(LabText.key.desc()).limit(AT_ONCE)).all()
        return [Unread(*row) for row in rows]

    def text(self, notebook: bytes) -> bytes:
        """What of a notebook is searched, as it is stored; BadInput where it cannot be read."""
        return packed(pieces(notebooks.parse(notebook)))

    def done(self, key: int, text: bytes | None) -> None:
        """Take the text of a lab, or what there is of it; nothing where the lab has changed since."""
        with self.store.write() as session:
            row = session.scalar(select(LabText).where(LabText.key == key, LabText.pending).with_for_update())
            if row is None:
                return
            lab = session.get_one(orm.Lab, row.lab_id)
            row.pending = False
            row.text = row.text if text is None else text
            index_of(session).put(session, key, entry(lab, row.text))
