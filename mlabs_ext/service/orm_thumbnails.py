"""The table of notebooks' first figures, made small."""

from __future__ import annotations

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from mlabs_ext.service.orm import Base
from mlabs_ext.service.orm_types import only


class Thumbnail(Base):
    """The small picture of a notebook, by its digest. `blob` is null where it has no figure to show.

    `alt` is what its author says of the figure, `width` and `height` are in pixels, `size` is in bytes.
    """

    __tablename__ = "thumbnail"

    notebook: Mapped[str] = mapped_column(String(71), primary_key=True)
    blob: Mapped[str | None] = mapped_column(String(71))
    alt: Mapped[str] = mapped_column(Text, default="")
    width: Mapped[int] = mapped_column(default=0)
    height: Mapped[int] = mapped_column(default=0)
    size: Mapped[int] = mapped_column(default=0)

    __table_args__ = (Index("ix_thumbnail_blob", "blob", **only("blob IS NOT NULL")),)
