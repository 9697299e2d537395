"""The table of what people say of themselves."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from mlabs_ext.service.orm import Base
from mlabs_ext.service.orm_types import Json, Time


class Profile(Base):
    """A person's profile. `pinned` are the ids of labs of theirs, in order; some may be gone.

    `taken_down` is since when an administrator keeps it from others.
    """

    __tablename__ = "profile"

    user: Mapped[str] = mapped_column("user_name", String(255), primary_key=True)
    display_name: Mapped[str] = mapped_column(Text, default="")
    bio: Mapped[str] = mapped_column(Text, default="")
    link: Mapped[str] = mapped_column(Text, default="")
    pinned: Mapped[list[str]] = mapped_column(Json, default=list)
    updated: Mapped[datetime] = mapped_column(Time)
    taken_down: Mapped[datetime | None] = mapped_column(Time)
