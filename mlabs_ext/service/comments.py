"""Comments: written by whoever sees a lab, changed and taken away by their authors."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session
from traitlets import Float, Integer
from ulid import ULID

from mlabs_ext import wire
from mlabs_ext.errors import Unusable
from mlabs_ext.service import comment_rows, news, orm, rates
from mlabs_ext.service.comment_hiding import Hiding
from mlabs_ext.service.comment_lists import Lists
from mlabs_ext.service.comment_rows import absent, find_comment
from mlabs_ext.service.fields import plain
from mlabs_ext.service.idempotency import Key, once
from mlabs_ext.service.orm_comments import Comment
from mlabs_ext.service.outline import Cell
from mlabs_ext.service.rules import find_lab, need_write
from mlabs_ext.service.versions import find_version
from mlabs_ext.service.viewers import Viewer

MAX_REPLIES = 100


class Comments(Lists, Hiding):
    """The rules about comments."""

    most = Integer(
        20,
        min=1,
        help="""How many comments a person may write within `c.Comments.within` seconds.

        Default: 20. Example:

            c.Comments.most = 5
        """,
    ).tag(config=True)

    within = Float(
        600.0,
        help="""The seconds in which a person may write `c.Comments.most` comments.

        Default: 600, ten minutes. Example:

            c.Comments.within = 3600
        """,
    ).tag(config=True)

    def add(
        self, viewer: Viewer, owner: str, name: str, fields: wire.CommentCreate, key: Key | None = None
    ) -> wire.Comment:
        """A new comment or reply; the lab's owner is told, and who has written in the thread."""
        user = need_write(viewer)
        text = _checked(fields.text)
        cell = self._cell(viewer, owner, name, fields)

        def make() -> wire.Comment:
            lab = find_lab(session, viewer, owner, name)
            _need_open(lab)
            now = self.now()
            rates.check(session, Comment.user, Comment.created, user, self.most, self.within, now)
            row = Comment(id=str(ULID()), lab_id=lab.id, user=user, text=text, created=now, replies=0)
            _place(session, lab, row, fields, cell)
            session.add(row)
            session.flush()
            news.of_comment(session, lab, row)
            return comment_rows.shown(viewer, self.addresses, lab, row, [])

        with self.store.write() as session:
            return once(session, user, key, wire.Comment, make)

    def edit(self, viewer: Viewer, comment_id: str, text: str) -> wire.Comment:
        """Say something else; only its author may, and it is shown that they did."""
        text = _checked(text)
        with self.store.write() as session:
            row = self._own(session, viewer, comment_id)
            if text != row.text:
                row.text, row.edited = text, self.now()
            return comment_rows.threads(session, viewer, self.addresses, row.lab, [row])[0]

    def delete(self, viewer: Viewer, comment_id: str) -> None:
        """Take one's own comment away: its text for good, its place unless somebody has replied."""
        with self.store.write() as session:
            row = self._own(session, viewer, comment_id)
            row.text, row.deleted = "", self.now()
            news.take_back(session, row.id)
            if row.parent_id is not None:
                fewer = {"replies": Comment.replies - 1}
                session.execute(update(Comment).where(Comment.id == row.parent_id).values(fewer))

    def _cell(self, viewer: Viewer, owner: str, name: str, fields: wire.CommentCreate) -> Cell | None:
        """The cell that a comment is about, read before anything is locked."""
        if fields.cell is None or fields.parent is not None:
            return None
        for cell in self.outline(viewer, owner, name, fields.version):
            if cell.id == fields.cell:
                return cell
        raise Unusable(f"There is no cell {fields.cell} in this version: reload its page.", "cell_absent")

    def _own(self, session: Session, viewer: Viewer, comment_id: str) -> Comment:
        name = need_write(viewer)
        row = find_comment(session, viewer, comment_id, lock=True)
        if row.user != name:
            raise absent()
        return row


def _checked(text: str) -> str:
    """Text as it is kept; browsers send other line ends."""
    kept = plain(text.replace("\r\n", "\n").strip(), "text")
    if not kept:
        raise Unusable("A comment needs some words.", "fields_invalid", {"field": "text"})
    return kept


def _need_open(lab: orm.Lab) -> None:
    if not lab.comments:
        raise Unusable("Comments are switched off here.", "comments_off")
    if lab.version == 0:
        raise Unusable("A draft has no comments: publish it first.", "draft")


def _place(
    session: Session, lab: orm.Lab, row: Comment, fields: wire.CommentCreate, cell: Cell | None
) -> None:
    """Say what a comment is about: a reply as what it replies to."""
    if fields.parent is None:
        row.version = find_version(session, lab, fields.version or "latest").number
        if cell is not None:
            row.cell, row.place, row.label = cell
        return
    query = select(Comment).where(Comment.id == fields.parent, Comment.lab_id == lab.id).with_for_update()
    parent = session.scalar(query)
    if parent is None or parent.parent_id is not None or parent.deleted is not None or parent.hidden:
        raise Unusable("There is no such comment to reply to: reload the page.", "parent_absent")
    if parent.replies >= MAX_REPLIES:
        raise Unusable(f"A comment has at most {MAX_REPLIES} replies: begin a new one.", "thread_full")
    parent.replies += 1
    row.parent_id, row.version = parent.id, parent.version
    row.cell, row.place, row.label = parent.cell, parent.place, parent.label
