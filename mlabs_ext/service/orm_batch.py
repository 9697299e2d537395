"""The table of batch runs: what a run has besides its row while it waits, starts and is cleared away."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from mlabs_ext.service.orm import Base
from mlabs_ext.service.orm_types import Key, Time, only


class Batch(Base):
    """A batch run. `notebook` is the digest of what it executes; `pinned` the image that it asks for.

    `queued` is when it was asked for, `due` when the hub may be asked (again) to start its server, `tries`
    how often it was. `settled`: its server is known to be gone.
    """

    __tablename__ = "batch"

    run_key: Mapped[int] = mapped_column(Key, ForeignKey("run.key", ondelete="CASCADE"), primary_key=True)
    notebook: Mapped[str] = mapped_column(String(71), index=True)
    pinned: Mapped[str | None]
    queued: Mapped[datetime] = mapped_column(Time)
    due: Mapped[datetime] = mapped_column(Time)
    tries: Mapped[int] = mapped_column(default=0)
    settled: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (Index("ix_batch_unsettled", "queued", **only("NOT settled")),)
