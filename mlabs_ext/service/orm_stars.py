"""The table of stars: who liked which lab."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from mlabs_ext.service.orm import Base
from mlabs_ext.service.orm_types import Time


class Star(Base):
    """A person's star for a lab; `orm.Lab.stars` counts them."""

    __tablename__ = "star"

    lab_id: Mapped[str] = mapped_column(ForeignKey("lab.id", ondelete="CASCADE"), primary_key=True)
    user: Mapped[str] = mapped_column("user_name", String(255), primary_key=True)
    created: Mapped[datetime] = mapped_column(Time)

    __table_args__ = (Index("ix_star_user", "user_name", "created", "lab_id"),)
