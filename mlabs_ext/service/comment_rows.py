"""Comments as they are stored and as they are shown: whoever looks one up, whoever asks, does it here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, joinedload

from mlabs_ext import wire
from mlabs_ext.errors import NotFound
from mlabs_ext.service import orm
from mlabs_ext.service.addresses import Addresses
from mlabs_ext.service.orm_comments import Comment
from mlabs_ext.service.outline import spoken
from mlabs_ext.service.rules import sees
from mlabs_ext.service.viewers import Viewer

OWNER: Final = "owner"
ADMINISTRATOR: Final = "administrator"


def absent() -> NotFound:
    """The one answer for comments that do not exist and those that the asker may not know of."""
    return NotFound("There is no such comment.", "comment_not_found")


def find_comment(session: Session, viewer: Viewer, comment_id: str, lock: bool = False) -> Comment:
    """The comment with its lab, if the viewer may see that; with `lock` nobody else changes it meanwhile."""
    if "\0" in comment_id:
        raise absent()
    query = select(Comment).options(joinedload(Comment.lab, innerjoin=True)).where(Comment.id == comment_id)
    row = session.scalar(query.with_for_update(of=Comment) if lock else query)
    if row is None or row.deleted is not None or not sees(viewer, row.lab):
        raise absent()
    return row


def there() -> ColumnElement[bool]:
    """What is shown of a lab's threads: a deleted comment keeps its place while it has replies."""
    return or_(Comment.deleted.is_(None), Comment.replies > 0)


def threads(
    session: Session, viewer: Viewer, addresses: Addresses, lab: orm.Lab, rows: Sequence[Comment]
) -> list[wire.Comment]:
    """Comments with their replies, with one query more however many there are."""
    replies: dict[str | None, list[wire.Comment]] = defaultdict(list)
    query = select(Comment).where(
        Comment.parent_id.in_([row.id for row in rows if row.replies]), Comment.deleted.is_(None)
    )
    for reply in session.scalars(query.order_by(Comment.created, Comment.id)):
        replies[reply.parent_id].append(shown(viewer, addresses, lab, reply, []))
    return [shown(viewer, addresses, lab, row, replies[row.id]) for row in rows]


def shown(
    viewer: Viewer, addresses: Addresses, lab: orm.Lab, row: Comment, replies: list[wire.Comment]
) -> wire.Comment:
    """A comment as the viewer may see it: what is hidden is read by its author and the lab's owner alone."""
    knows = viewer.acts_for(lab.owner) or viewer.owns(row.user)
    hidden = row.hidden_as and wire.Hidden(row.hidden_as, row.hidden_reason if knows else None)
    return wire.Comment(
        id=row.id,
        lab=f"{lab.owner}/{lab.name}",
        user=row.user,
        version=row.version,
        cell=row.cell,
        cell_label=spoken(row.place, row.label) if row.cell else None,
        parent=row.parent_id,
        text=row.text if row.deleted is None and (knows or not hidden) else None,
        created=row.created,
        edited=row.edited,
        deleted=row.deleted,
        hidden=hidden or None,
        replies=replies,
        url=addresses.comment(lab.owner, lab.name, row.id),
    )
