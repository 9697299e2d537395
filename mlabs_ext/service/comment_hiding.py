"""Hiding comments: by the lab's owner, and by administrators, who have to say why and are on record."""

from __future__ import annotations

from mlabs_ext import wire
from mlabs_ext.errors import Forbidden
from mlabs_ext.service import comment_rows, verdicts
from mlabs_ext.service.comment_rows import ADMINISTRATOR, OWNER, absent, find_comment
from mlabs_ext.service.fields import plain
from mlabs_ext.service.orm_comments import Comment, HiddenBy
from mlabs_ext.service.rules import Rules, need_write
from mlabs_ext.service.viewers import Viewer


class Hiding(Rules):
    """The rules about hidden comments."""

    def hide(self, viewer: Viewer, comment_id: str, reason: str | None = None) -> wire.Comment:
        """Hide a comment, as the lab's owner or as an administrator, who has to say why."""
        name = need_write(viewer)
        with self.store.write() as session:
            row = find_comment(session, viewer, comment_id, lock=True)
            role = _role(viewer, row)
            if role == ADMINISTRATOR:
                verdicts.record(session, viewer, verdicts.TAKEN_DOWN, verdicts.comment(row), reason)
            if row.hidden_as != ADMINISTRATOR or role == ADMINISTRATOR:
                row.hidden, row.hidden_by, row.hidden_as = self.now(), name, role
                row.hidden_reason = plain(reason or "", "reason").strip() or None
            return comment_rows.threads(session, viewer, self.addresses, row.lab, [row])[0]

    def unhide(self, viewer: Viewer, comment_id: str, reason: str = "") -> wire.Comment:
        """Show it again; what an administrator hid only administrators can."""
        need_write(viewer)
        with self.store.write() as session:
            row = find_comment(session, viewer, comment_id, lock=True)
            if _role(viewer, row) == OWNER and row.hidden_as == ADMINISTRATOR and not viewer.admin:
                raise Forbidden("An administrator hid this comment: ask them.", "hidden_by_administrator")
            if row.hidden_as == ADMINISTRATOR:
                verdicts.record(session, viewer, verdicts.RESTORED, verdicts.comment(row), reason)
            row.hidden = row.hidden_by = row.hidden_as = row.hidden_reason = None
            return comment_rows.threads(session, viewer, self.addresses, row.lab, [row])[0]


def _role(viewer: Viewer, row: Comment) -> HiddenBy:
    """As whom the viewer hides a comment; for others there is nothing to hide."""
    if viewer.owns(row.lab.owner):
        return OWNER
    if not viewer.acts_for(row.lab.owner):
        raise absent()
    return ADMINISTRATOR
