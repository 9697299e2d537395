"""Reports, and what administrators decide."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from mlabs_ext.wire.comments import CommentId

__all__ = ["Decision", "Report", "ReportCreate", "Reported", "Verdict"]

SubjectKind = Literal["lab", "comment", "profile", "dataset", "model", "proposal"]
Action = Literal["taken_down", "restored", "dismissed"]
Why = Annotated[str, Meta(min_length=1, max_length=1000)]


class ReportCreate(Struct, forbid_unknown_fields=True):
    """What administrators are to look at, one of these, and why; a lab, dataset or model is owner/name."""

    reason: Why
    lab: str | None = None
    comment: CommentId | None = None
    person: str | None = None
    dataset: str | None = None
    model: str | None = None
    proposal: CommentId | None = None


class Report(Struct):
    """A report. `about` is the id of what it is about, or a person's name; `title` its name.

    `said` is what it said when it was reported, `owner` whose it is, `user` who reported it.
    """

    id: str
    kind: SubjectKind
    about: str
    title: str
    owner: str
    said: str
    user: str
    reason: str
    created: datetime
    url: str


class Reported(Struct):
    """That a report has arrived."""

    id: str


class Decision(Struct, forbid_unknown_fields=True):
    """Why: whom it is about reads it. Taking something down needs a reason."""

    reason: Annotated[str, Meta(max_length=1000)] = ""


class Verdict(Struct):
    """What an administrator did, to what, when and why; `by` is null for all but administrators."""

    action: Action
    kind: SubjectKind
    about: str
    title: str
    owner: str
    said: str
    by: str | None
    at: datetime
    reason: str
    url: str
