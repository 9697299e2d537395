"""The tables of what people report, and of what administrators decided: these rows are kept for good."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from mlabs_ext.service.orm import Base
from mlabs_ext.service.orm_types import Time, only
from mlabs_ext.wire.moderation import Action, SubjectKind

OPEN = "closed IS NULL"


class Report(Base):
    """A person asks administrators to look at something: a `lab`, a `comment` or a `profile`, as `kind` says.

    `about` is a lab's or comment's id, or the person; `title` its name for people, `said` what it said then.
    None of these refers to a row: what is reported may be deleted meanwhile.
    """

    __tablename__ = "report"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    kind: Mapped[SubjectKind] = mapped_column(String(10))
    about: Mapped[str] = mapped_column(String(255))
    title: Mapped[str] = mapped_column(Text)
    path: Mapped[str] = mapped_column(Text)
    owner: Mapped[str] = mapped_column(String(255))
    said: Mapped[str] = mapped_column(Text)
    user: Mapped[str] = mapped_column("user_name", String(255))
    reason: Mapped[str] = mapped_column(Text)
    created: Mapped[datetime] = mapped_column(Time)
    closed: Mapped[datetime | None] = mapped_column(Time)

    __table_args__ = (
        Index("ix_report_open", "created", "id", **only(OPEN)),
        Index("uq_report_once", "kind", "about", "user_name", unique=True, **only(OPEN)),
        Index("ix_report_user", "user_name", "created"),
    )


class Verdict(Base):
    """What an administrator did: `taken_down`, `restored` or `dismissed`, to what, when and why."""

    __tablename__ = "verdict"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    at: Mapped[datetime] = mapped_column(Time)
    by: Mapped[str] = mapped_column("by_name", String(255))
    action: Mapped[Action] = mapped_column(String(12))
    kind: Mapped[SubjectKind] = mapped_column(String(10))
    about: Mapped[str] = mapped_column(String(255))
    title: Mapped[str] = mapped_column(Text)
    path: Mapped[str] = mapped_column(Text)
    owner: Mapped[str] = mapped_column(String(255))
    said: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)

    __table_args__ = (
        Index("ix_verdict_at", "at", "id"),
        Index("ix_verdict_about", "kind", "about", "at", "id"),
    )
