"""The tables of proposals, by which a fork's author offers what they changed, and of what is said there."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from mlabs_ext.service.orm import Base, Lab
from mlabs_ext.service.orm_types import Time, only
from mlabs_ext.wire.proposals import ProposalState


class Proposal(Base):
    """`user` offers `version` of a fork, as it was, to the lab; `number` counts those of the lab.

    `notebook` is that version's: it is kept whatever becomes of the fork. `base` is the version of the lab
    that it stands on. `revision` changes with the state. `closed_by` accepted, declined or withdrew it, and
    `answer` is what they said; `merged` is the version that it became. `taken_down` is since when an
    administrator keeps it from all but its author.
    """

    __tablename__ = "proposal"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    lab_id: Mapped[str] = mapped_column(ForeignKey("lab.id", ondelete="CASCADE"))
    number: Mapped[int]
    fork_id: Mapped[str | None] = mapped_column(ForeignKey("lab.id", ondelete="SET NULL"), index=True)
    user: Mapped[str] = mapped_column("user_name", String(255))
    title: Mapped[str] = mapped_column(Text)
    message: Mapped[str] = mapped_column(Text)
    version: Mapped[int]
    base: Mapped[int]
    notebook: Mapped[str] = mapped_column(String(71), index=True)
    size: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[ProposalState] = mapped_column(String(10), default="open")
    revision: Mapped[int] = mapped_column(default=1)
    created: Mapped[datetime] = mapped_column(Time)
    updated: Mapped[datetime] = mapped_column(Time)
    closed_by: Mapped[str | None] = mapped_column(String(255))
    answer: Mapped[str | None] = mapped_column(Text)
    merged: Mapped[int | None]
    taken_down: Mapped[datetime | None] = mapped_column(Time)

    lab: Mapped[Lab] = relationship(lazy="raise", foreign_keys=[lab_id])
    fork: Mapped[Lab | None] = relationship(lazy="raise", foreign_keys=[fork_id])

    __table_args__ = (
        Index("uq_proposal_number", "lab_id", "number", unique=True),
        Index("uq_proposal_open", "fork_id", unique=True, **only("state = 'open'")),
        Index("ix_proposal_user", "user_name", "created"),
    )


class Remark(Base):
    """What somebody says about a proposal."""

    __tablename__ = "remark"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    proposal_id: Mapped[str] = mapped_column(ForeignKey("proposal.id", ondelete="CASCADE"))
    user: Mapped[str] = mapped_column("user_name", String(255))
    text: Mapped[str] = mapped_column(Text)
    created: Mapped[datetime] = mapped_column(Time)

    __table_args__ = (
        Index("ix_remark_proposal", "proposal_id", "id"),
        Index("ix_remark_user", "user_name", "created"),
    )
