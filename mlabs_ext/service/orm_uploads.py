"""The table of uploads that go on: what came of a file lies in a folder until something is made of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from mlabs_ext.service.orm import Base
from mlabs_ext.service.orm_types import Time


class Upload(Base):
    """A file on its way in. `size` is what it is to have in bytes, `seen` when something of it came last."""

    __tablename__ = "upload"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    owner: Mapped[str] = mapped_column(String(255), index=True)
    path: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(BigInteger)
    created: Mapped[datetime] = mapped_column(Time)
    seen: Mapped[datetime] = mapped_column(Time)

    __table_args__ = (Index("ix_upload_seen", "seen"),)
