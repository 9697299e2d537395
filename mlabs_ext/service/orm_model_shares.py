"""The table of shares of models: with whom a model is shared, beside what its visibility says."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from mlabs_ext.service.orm_shares import Shared, own_id


class ModelShare(Shared):
    """A model is shared."""

    __tablename__ = "model_share"

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=own_id)
    model_id: Mapped[str] = mapped_column(ForeignKey("model.id", ondelete="CASCADE"))

    __table_args__ = (
        Index("ix_model_share_model", "model_id", "id"),
        Index("uq_model_share_with", "kind", "name", "model_id", unique=True),
        Index("uq_model_share_digest", "digest", unique=True),
    )
