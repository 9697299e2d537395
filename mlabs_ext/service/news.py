"""Tells people of what happens at their labs or for them at others', in the transaction in which it does."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session
from ulid import ULID

from mlabs_ext.service import orm
from mlabs_ext.service.endings import line
from mlabs_ext.service.orm_comments import Comment
from mlabs_ext.service.orm_notifications import Notification
from mlabs_ext.service.orm_proposals import Proposal
from mlabs_ext.wire.notifications import NotificationKind

COMMENT: Final = "comment.new"
REPLY: Final = "comment.reply"
SHARED: Final = "lab.shared"
TAKEN_DOWN: Final = "lab.taken_down"
RESTORED: Final = "lab.restored"
PROPOSED: Final = "proposal.new"
REMARKED: Final = "proposal.remark"
ACCEPTED: Final = "proposal.accepted"
DECLINED: Final = "proposal.declined"
PROPOSALS = (PROPOSED, REMARKED, ACCEPTED, DECLINED)
# What is told of others' labs: only for as long as they may be seen.
OTHERS = (REPLY, SHARED, *PROPOSALS)


def tell(
    session: Session,
    user: str,
    kind: NotificationKind,
    lab: orm.Lab,
    now: datetime,
    comment_id: str | None = None,
    proposal_id: str | None = None,
) -> None:
    """Tell a person once more, or for the first time since they read the last of this kind and lab.

    So many comments at once are one notification: nobody can push others out of a person's list.
    """
    mine = Notification.user == user, Notification.read.is_(None)
    same = select(Notification).where(*mine, Notification.kind == kind, Notification.lab_id == lab.id)
    row = session.scalar(same.limit(1).with_for_update())
    if row is None:
        row = Notification(id=str(ULID()), user=user, kind=kind, lab_id=lab.id)
        session.add(row)
    row.time, row.comment_id, row.proposal_id = now, comment_id, proposal_id


def of_comment(session: Session, lab: orm.Lab, comment: Comment) -> None:
    """Tell the lab's owner, and of a reply all who have written in its thread."""
    people: dict[str, NotificationKind] = {lab.owner: COMMENT}
    if comment.parent_id is not None:
        thread = or_(Comment.id == comment.parent_id, Comment.parent_id == comment.parent_id)
        wrote = select(Comment.user).where(thread, Comment.deleted.is_(None)).distinct()
        people = {**dict.fromkeys(session.scalars(wrote), REPLY), **people}
    for user, kind in people.items():
        if user != comment.user:
            tell(session, user, kind, lab, comment.created, comment.id)


def of_proposal(
    session: Session,
    kind: NotificationKind,
    people: Iterable[str],
    row: Proposal,
    by: str,
    now: datetime | None = None,
) -> None:
    """Tell people of a proposal, but for who did it."""
    for user in sorted(set(people) - {by}):
        tell(session, user, kind, row.lab, now or row.updated, proposal_id=row.id)


def take_back_proposal(session: Session, proposal_id: str) -> None:
    """What was told of a proposal that was withdrawn needs nobody any more."""
    mine = Notification.proposal_id == proposal_id, Notification.read.is_(None)
    session.execute(delete(Notification).where(*mine))


def take_back(session: Session, comment_id: str) -> None:
    """What was told of a comment is no longer so."""
    session.execute(delete(Notification).where(Notification.comment_id == comment_id))


def told(row: Notification, lab: orm.Lab) -> str:
    """A notification that is not of a run, in one sentence."""
    title = line(lab.title)
    if row.kind == TAKEN_DOWN:
        return f"“{title}” was taken down by an administrator. Its page says why."
    if row.kind == RESTORED:
        return f"“{title}” is shown again: an administrator restored it."
    if row.kind == SHARED:
        return f"{lab.owner} shares “{title}” with you."
    if row.kind in PROPOSALS:
        return _proposed(row.kind, row.proposal, title)
    comment = row.comment
    if comment is None:
        return f"“{title}” has a new comment."
    if row.kind == REPLY:
        return f"{comment.user} replied to you on “{title}”: {line(comment.text)}"
    return f"{comment.user} commented on “{title}”: {line(comment.text)}"


def _proposed(kind: str, proposal: Proposal | None, title: str) -> str:
    if proposal is None:
        return f"There was a proposal for “{title}”."
    said = line(proposal.title)
    if kind == PROPOSED:
        return f"{proposal.user} proposes a change to “{title}”: {said}"
    if kind == REMARKED:
        return f"There is something new to read about the proposal “{said}” for “{title}”."
    if kind == ACCEPTED:
        where = f"version {proposal.merged} of “{title}”"
        return f"{proposal.closed_by} accepted your proposal “{said}”: it is in {where}."
    word = f" {line(proposal.answer)}" if proposal.answer else ""
    return f"{proposal.closed_by} declined your proposal “{said}” for “{title}”.{word}"
