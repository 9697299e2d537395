"""Reading comments: a lab's threads, those about a cell, one alone, and the cells that there are."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mlabs_ext import wire
from mlabs_ext.service import comment_rows, orm
from mlabs_ext.service.comment_rows import absent, find_comment, there
from mlabs_ext.service.cursors import Sort
from mlabs_ext.service.fields import plain
from mlabs_ext.service.orm_comments import Comment
from mlabs_ext.service.outline import Cell, outline, spoken
from mlabs_ext.service.rules import Rules, find_lab
from mlabs_ext.service.versions import find_version
from mlabs_ext.service.viewers import Viewer

NEWEST = Sort("comments", Comment.created, Comment.id, datetime)
MAX_CELLS = 500
# Outlines that are kept in memory: a notebook never changes below its digest.
OUTLINES = 64


class Lists(Rules):
    """The rules about reading comments."""

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self._outline = lru_cache(OUTLINES)(lambda digest: outline(self.blobs.get(digest)))

    def newest(
        self, viewer: Viewer, owner: str, name: str, limit: int
    ) -> tuple[list[wire.Comment], bool, list[wire.CommentedCell]]:
        """What a lab's page needs: the newest threads, whether there are more, the cells that have some."""
        with self.store.read() as session:
            lab = find_lab(session, viewer, owner, name)
            about = Comment.lab_id == lab.id, Comment.parent_id.is_(None), there()
            query = NEWEST.ordered(select(Comment).where(*about), None).limit(limit + 1)
            rows = session.scalars(query).all() if lab.comments else []
            threads = comment_rows.threads(session, viewer, self.addresses, lab, rows[:limit])
            return threads, len(rows) > limit, _cells(session, lab) if rows else []

    def thread(self, viewer: Viewer, comment_id: str) -> wire.Comment:
        """The comment with its replies, or the one that it replies to."""
        with self.store.read() as session:
            row = find_comment(session, viewer, comment_id)
            lab = row.lab
            if not lab.comments:
                raise absent()
            first = session.get_one(Comment, row.parent_id) if row.parent_id else row
            return comment_rows.threads(session, viewer, self.addresses, lab, [first])[0]

    def cells(self, viewer: Viewer, owner: str, name: str) -> list[wire.CommentedCell]:
        """The cells that have comments, in the order of their places."""
        with self.store.read() as session:
            lab = find_lab(session, viewer, owner, name)
            return _cells(session, lab) if lab.comments else []

    def outline(self, viewer: Viewer, owner: str, name: str, version: int | None = None) -> list[Cell]:
        """The cells of a version, the latest by default."""
        with self.store.read() as session:
            lab = find_lab(session, viewer, owner, name)
            digest = find_version(session, lab, version or "latest").notebook
        return self._outline(digest)

    def list(
        self,
        viewer: Viewer,
        owner: str,
        name: str,
        cell: str | None = None,
        limit: int = 30,
        cursor: str | None = None,
    ) -> tuple[list[wire.Comment], str | None]:
        """A lab's threads, or those about one of its cells, newest first; none where they are off."""
        with self.store.read() as session:
            lab = find_lab(session, viewer, owner, name)
            if not lab.comments:
                return [], None
            query = select(Comment).where(Comment.lab_id == lab.id, Comment.parent_id.is_(None), there())
            if cell is not None:
                query = query.where(Comment.cell == plain(cell, "cell"))
            rows, following = NEWEST.page(session, query, limit, cursor)
            return comment_rows.threads(session, viewer, self.addresses, lab, rows), following


def _cells(session: Session, lab: orm.Lab) -> list[wire.CommentedCell]:
    columns = Comment.cell, func.max(Comment.place), func.max(Comment.label), func.count()
    about = Comment.lab_id == lab.id, Comment.parent_id.is_(None), Comment.cell.is_not(None), there()
    rows = session.execute(select(*columns).where(*about).group_by(Comment.cell).limit(MAX_CELLS)).all()
    ordered = sorted(rows, key=lambda row: row[1] or 0)
    return [wire.CommentedCell(cell, spoken(place, label), n) for cell, place, label, n in ordered if cell]
