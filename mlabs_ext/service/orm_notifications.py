"""The tables of notifications, of where people want to be told of them, and the outbox of what goes there."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from mlabs_ext import wire
from mlabs_ext.service.orm import Base, Lab, Run
from mlabs_ext.service.orm_comments import Comment
from mlabs_ext.service.orm_proposals import Proposal
from mlabs_ext.service.orm_types import Key, Time, only


class Notification(Base):
    """A person's run has ended, or whatever `kind` says: the rest is in the rows that it refers to."""

    __tablename__ = "notification"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    user: Mapped[str] = mapped_column("user_name", String(255))
    kind: Mapped[wire.NotificationKind] = mapped_column(String(20))
    run_key: Mapped[int | None] = mapped_column(Key, ForeignKey("run.key", ondelete="CASCADE"))
    lab_id: Mapped[str | None] = mapped_column(ForeignKey("lab.id", ondelete="CASCADE"), index=True)
    comment_id: Mapped[str | None] = mapped_column(ForeignKey("comment.id", ondelete="CASCADE"), index=True)
    proposal_id: Mapped[str | None] = mapped_column(ForeignKey("proposal.id", ondelete="CASCADE"), index=True)
    time: Mapped[datetime] = mapped_column(Time, index=True)
    read: Mapped[datetime | None] = mapped_column(Time)

    run: Mapped[Run | None] = relationship(lazy="raise")
    lab: Mapped[Lab | None] = relationship(lazy="raise")
    comment: Mapped[Comment | None] = relationship(lazy="raise")
    proposal: Mapped[Proposal | None] = relationship(lazy="raise")

    __table_args__ = (
        Index("uq_notification_run", "run_key", "kind", unique=True),
        Index("ix_notification_user", "user_name", "time", "id"),
        Index("ix_notification_unread", "user_name", **only("read IS NULL")),
    )


class Channels(Base):
    """Where a person is told of the end of their runs, and of which: `all`, `failures`, `none`.

    `confirmed` is when the person showed that mail to `email` reaches them.
    """

    __tablename__ = "channels"

    user: Mapped[str] = mapped_column("user_name", String(255), primary_key=True)
    email: Mapped[str | None] = mapped_column(String(254))
    confirmed: Mapped[datetime | None] = mapped_column(Time)
    email_ends: Mapped[wire.Ends] = mapped_column(String(10), default="all")
    webhook: Mapped[str | None] = mapped_column(Text)
    webhook_secret: Mapped[str | None] = mapped_column(String(64))
    webhook_ends: Mapped[wire.Ends] = mapped_column(String(10), default="all")


class Delivery(Base):
    """Something that is sent, or was: by which `channel`, and as what `kind`.

    `due` is when it may be tried (again), `tries` how often it was, `ended` when it was done with, `error`
    what went wrong last.
    """

    __tablename__ = "delivery"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    user: Mapped[str] = mapped_column("user_name", String(255))
    notification_id: Mapped[str | None] = mapped_column(
        ForeignKey("notification.id", ondelete="CASCADE"), index=True
    )
    channel: Mapped[str] = mapped_column(String(10))
    kind: Mapped[str] = mapped_column(String(20))
    created: Mapped[datetime] = mapped_column(Time)
    due: Mapped[datetime] = mapped_column(Time)
    tries: Mapped[int] = mapped_column(default=0)
    ended: Mapped[datetime | None] = mapped_column(Time)
    error: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        Index("ix_delivery_due", "due", **only("ended IS NULL")),
        Index("ix_delivery_user", "user_name", "channel", "created"),
        Index("ix_delivery_ended", "ended", **only("ended IS NOT NULL")),
    )
