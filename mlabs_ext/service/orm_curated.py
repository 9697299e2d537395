"""The tables of collections: lists of labs that a person put together."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from mlabs_ext import wire
from mlabs_ext.service.orm import Base
from mlabs_ext.service.orm_types import Time


class Collection(Base):
    """A collection; who sees it is decided as for labs, its labs one by one."""

    __tablename__ = "collection"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    owner: Mapped[str] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(String(60))
    title: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text, default="")
    visibility: Mapped[wire.Visibility] = mapped_column(String(10))
    created: Mapped[datetime] = mapped_column(Time)
    updated: Mapped[datetime] = mapped_column(Time)

    __table_args__ = (
        Index("uq_collection_name", "owner", "name", unique=True),
        Index("ix_collection_updated", "owner", "updated", "id"),
    )


class Item(Base):
    """A lab in a collection, at its `position`, with what the curator says of it."""

    __tablename__ = "collection_item"

    collection_id: Mapped[str] = mapped_column(
        ForeignKey("collection.id", ondelete="CASCADE"), primary_key=True
    )
    lab_id: Mapped[str] = mapped_column(
        ForeignKey("lab.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    position: Mapped[int]
    note: Mapped[str] = mapped_column(Text, default="")
    added: Mapped[datetime] = mapped_column(Time)
