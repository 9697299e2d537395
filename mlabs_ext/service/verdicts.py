"""What administrators decide is written down, and the reports that it answers are closed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import Session
from ulid import ULID

from mlabs_ext.errors import Unusable
from mlabs_ext.names import lab_url
from mlabs_ext.service import orm
from mlabs_ext.service.fields import plain
from mlabs_ext.service.orm_comments import Comment
from mlabs_ext.service.orm_datasets import Dataset
from mlabs_ext.service.orm_models import Model
from mlabs_ext.service.orm_moderation import Report, Verdict
from mlabs_ext.service.orm_profiles import Profile
from mlabs_ext.service.orm_proposals import Proposal
from mlabs_ext.service.rules import need_admin, need_write
from mlabs_ext.service.viewers import Viewer

TAKEN_DOWN, RESTORED, DISMISSED = "taken_down", "restored", "dismissed"
SAID = 2000


class Subject(NamedTuple):
    """What a report or a verdict is about; `path` is its page below the service's address."""

    kind: str
    about: str
    title: str
    path: str
    owner: str
    said: str


def lab(row: orm.Lab) -> Subject:
    """A lab."""
    path, said = lab_url("", row.owner, row.name), f"{row.title}\n\n{row.description}"[:SAID]
    return Subject("lab", row.id, f"{row.owner}/{row.name}", path, row.owner, said)


def model(row: Model) -> Subject:
    """A model."""
    path, said = f"{lab_url('', row.owner, 'models')}/{row.name}", f"{row.title}\n\n{row.description}"[:SAID]
    return Subject("model", row.id, f"{row.owner}/{row.name}", path, row.owner, said)


def dataset(row: Dataset) -> Subject:
    """A dataset."""
    path, said = lab_url("", row.owner, f"datasets/{row.name}"), f"{row.title}\n\n{row.description}"[:SAID]
    return Subject("dataset", row.id, f"{row.owner}/{row.name}", path, row.owner, said)


def comment(row: Comment) -> Subject:
    """A comment, with its lab loaded."""
    title = f"{row.user} on {row.lab.owner}/{row.lab.name}"
    path = f"{lab_url('', row.lab.owner, row.lab.name)}/comments/{row.id}"
    return Subject("comment", row.id, title, path, row.user, row.text[:SAID])


def proposal(row: Proposal) -> Subject:
    """A proposal, with its lab loaded."""
    title = f"{row.user} to {row.lab.owner}/{row.lab.name}"
    path = f"{lab_url('', row.lab.owner, row.lab.name)}/proposals/{row.number}"
    return Subject("proposal", row.id, title, path, row.user, f"{row.title}\n\n{row.message}"[:SAID])


def profile(name: str, row: Profile | None) -> Subject:
    """A person's profile."""
    said = "\n\n".join(filter(None, (row.display_name, row.bio, row.link))) if row else ""
    return Subject("profile", name, name, lab_url("", name, "").rstrip("/"), name, said[:SAID])


def record(
    session: Session, viewer: Viewer, action: str, subject: Subject, reason: str | None = None
) -> Verdict:
    """Write down what an administrator does; taking something down needs a reason, which its owner sees."""
    need_write(viewer)
    why = plain(reason or "", "reason").strip()
    if action == TAKEN_DOWN and not why:
        raise Unusable("Say why: the owner is shown the reason.", "reason_needed", {"field": "reason"})
    by, now = need_admin(viewer), datetime.now(UTC)
    row = Verdict(id=str(ULID()), at=now, by=by, action=action, reason=why, **subject._asdict())
    session.add(row)
    if action != RESTORED:
        same = Report.kind == subject.kind, Report.about == subject.about, Report.closed.is_(None)
        session.execute(update(Report).where(*same).values(closed=now))
    return row


def last(session: Session, kind: str, about: str) -> Verdict | None:
    """The newest verdict about something that took it down."""
    same = Verdict.kind == kind, Verdict.about == about, Verdict.action == TAKEN_DOWN
    newest = select(Verdict).where(*same).order_by(Verdict.at.desc(), Verdict.id.desc())
    return session.scalar(newest.limit(1))
