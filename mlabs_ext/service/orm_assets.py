"""The table of assets: files that runs made, or that a lab's owner put beside it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from mlabs_ext.service.orm import Base
from mlabs_ext.service.orm_types import Key, Time, only


class Asset(Base):
    """A file of a lab's. `run_key` is the run that made it, null for what was uploaded."""

    __tablename__ = "asset"

    key: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=True)
    lab_id: Mapped[str] = mapped_column(ForeignKey("lab.id", ondelete="CASCADE"))
    run_key: Mapped[int | None] = mapped_column(Key, ForeignKey("run.key", ondelete="CASCADE"))
    path: Mapped[str] = mapped_column(Text)
    blob: Mapped[str] = mapped_column(String(71), index=True)
    size: Mapped[int] = mapped_column(BigInteger)
    created: Mapped[datetime] = mapped_column(Time)

    __table_args__ = (
        Index("ix_asset_lab", "lab_id", "path", "key"),
        Index("uq_asset_run", "run_key", "path", unique=True, **only("run_key IS NOT NULL")),
        Index("uq_asset_uploaded", "lab_id", "path", unique=True, **only("run_key IS NULL")),
    )
