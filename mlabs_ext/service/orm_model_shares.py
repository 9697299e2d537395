"""The table of shares of models: with whom a model is shared, beside what its visibility says."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from mlabs_ext.service.orm import Base, Time


class ModelShare(Base):
    """A model is shared with a person or a group, by `name`."""

    __tablename__ = "model_share"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    model_id: Mapped[str] = mapped_column(ForeignKey("model.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(5))
    name: Mapped[str] = mapped_column(String(255))
    access: Mapped[str] = mapped_column(String(4))
    created: Mapped[datetime] = mapped_column(Time)

    __table_args__ = (
        Index("ix_model_share_model", "model_id", "id"),
        Index("uq_model_share_with", "kind", "name", "model_id", unique=True),
    )
