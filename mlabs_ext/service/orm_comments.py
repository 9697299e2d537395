"""The table of comments on labs and on their cells."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from mlabs_ext.service.orm import Base, Lab
from mlabs_ext.service.orm_types import Time, only

HiddenBy = Literal["owner", "administrator"]
# What begins a thread.
FIRST = "parent_id IS NULL"


class Comment(Base):
    """A comment, or with `parent_id` a reply to one. `version` is the one that it is about.

    `cell` is a cell's id, `place` where it stood in that version, `label` how it began. A deleted comment
    keeps its place while it has `replies`, without its text. `hidden_by` is who hid it, `hidden_as` as what:
    `owner` or `administrator`.
    """

    __tablename__ = "comment"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    lab_id: Mapped[str] = mapped_column(ForeignKey("lab.id", ondelete="CASCADE"))
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("comment.id", ondelete="CASCADE"))
    user: Mapped[str] = mapped_column("user_name", String(255))
    version: Mapped[int]
    cell: Mapped[str | None] = mapped_column(String(64))
    place: Mapped[int | None]
    label: Mapped[str | None] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    created: Mapped[datetime] = mapped_column(Time)
    edited: Mapped[datetime | None] = mapped_column(Time)
    deleted: Mapped[datetime | None] = mapped_column(Time)
    hidden: Mapped[datetime | None] = mapped_column(Time)
    hidden_by: Mapped[str | None] = mapped_column(String(255))
    hidden_as: Mapped[HiddenBy | None] = mapped_column(String(15))
    hidden_reason: Mapped[str | None] = mapped_column(Text)
    replies: Mapped[int] = mapped_column(default=0)

    lab: Mapped[Lab] = relationship(lazy="raise")

    __table_args__ = (
        Index("ix_comment_lab", "lab_id", "created", "id", **only(FIRST)),
        Index("ix_comment_cell", "lab_id", "cell", "created", "id", **only(FIRST)),
        Index("ix_comment_parent", "parent_id", "created", "id"),
        Index("ix_comment_user", "user_name", "created"),
    )
