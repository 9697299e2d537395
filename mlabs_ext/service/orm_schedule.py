"""The table of schedules: when labs run by themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from mlabs_ext import wire
from mlabs_ext.service.orm import Base
from mlabs_ext.service.orm_types import Json, Time, only


class Schedule(Base):
    """A lab's schedule. `next` is null while it is `paused`; `reason` says why, where nobody asked for it.

    `run` is the run that it began and whose end it has not taken note of, `last` the last one that it began.
    `note` says what became of the time `noted`, where no run came of it.
    """

    __tablename__ = "schedule"

    lab_id: Mapped[str] = mapped_column(ForeignKey("lab.id", ondelete="CASCADE"), primary_key=True)
    cron: Mapped[str] = mapped_column(String(100))
    timezone: Mapped[str] = mapped_column(String(60))
    image: Mapped[wire.ScheduleImage] = mapped_column(String(10))
    environment: Mapped[str | None] = mapped_column(String(60))
    accelerator: Mapped[str | None] = mapped_column(String(60))
    parameters: Mapped[dict[str, Any] | None] = mapped_column(Json)
    timeout: Mapped[float | None]
    next: Mapped[datetime | None] = mapped_column(Time)
    paused: Mapped[datetime | None] = mapped_column(Time)
    reason: Mapped[str | None] = mapped_column(Text)
    failures: Mapped[int] = mapped_column(default=0)
    run: Mapped[str | None] = mapped_column(String(26))
    last: Mapped[str | None] = mapped_column(String(26))
    note: Mapped[str | None] = mapped_column(Text)
    noted: Mapped[datetime | None] = mapped_column(Time)
    created: Mapped[datetime] = mapped_column(Time)
    updated: Mapped[datetime] = mapped_column(Time)

    __table_args__ = (
        Index("ix_schedule_next", "next", **only("next IS NOT NULL")),
        Index("ix_schedule_run", "run", **only("run IS NOT NULL")),
    )
