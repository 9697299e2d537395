"""The table of the record: who did what, to what, when. Rows are added, and after their time removed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from mlabs_ext.service.orm import Base
from mlabs_ext.service.orm_types import Time


class Act(Base):
    """Something that was done. `actor` is empty where MLabs did it by itself.

    `about` is a name for people, `about_id` tells things apart that had it one after the other. None of these
    refers to a row: the record outlives what it tells of. The database refuses every UPDATE.
    """

    __tablename__ = "act"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    at: Mapped[datetime] = mapped_column(Time)
    actor: Mapped[str] = mapped_column(String(255))
    action: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(20))
    about: Mapped[str] = mapped_column(String(320))
    about_id: Mapped[str] = mapped_column(String(26))
    detail: Mapped[str] = mapped_column(Text)
    request: Mapped[str] = mapped_column(String(64))
    address: Mapped[str | None] = mapped_column(String(45))

    __table_args__ = (
        Index("ix_act_at", "at", "id"),
        Index("ix_act_actor", "actor", "at", "id"),
        Index("ix_act_about", "about", "at", "id"),
    )
