"""The table of blobs that no row names any more, until they are removed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from mlabs_ext.service.orm import Base
from mlabs_ext.service.orm_types import Time


class Garbage(Base):
    """A blob that was found to be nobody's, and when it was first."""

    __tablename__ = "garbage"

    blob: Mapped[str] = mapped_column(String(71), primary_key=True)
    since: Mapped[datetime] = mapped_column(Time)
