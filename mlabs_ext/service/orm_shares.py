"""The table of labs' shares, and what all tables of shares have."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column
from ulid import ULID

from mlabs_ext import wire
from mlabs_ext.service.orm import Base
from mlabs_ext.service.orm_types import Time


class Shared(Base):
    """Something is shared with a person or a group by `name`, or with whoever has a link.

    A link's `name` is its id; the `label` is its owner's word for it, and of its secret only the `digest` is
    kept. `via` is the link by which a person came to their share: revoking it takes that away too.
    """

    __abstract__ = True

    kind: Mapped[wire.ShareKind] = mapped_column(String(5))
    name: Mapped[str] = mapped_column(String(255))
    access: Mapped[wire.Access] = mapped_column(String(4))
    created: Mapped[datetime] = mapped_column(Time)
    label: Mapped[str | None] = mapped_column(String(100))
    digest: Mapped[str | None] = mapped_column(String(64))
    via: Mapped[str | None] = mapped_column(String(26))
    expires: Mapped[datetime | None] = mapped_column(Time)


def own_id(context: Any) -> str:
    """A link is known by its name, which is an id already."""
    given = context.get_current_parameters()
    return given["name"] if given["kind"] == "link" else str(ULID())


class Share(Shared):
    """A lab is shared."""

    __tablename__ = "share"

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=own_id)
    lab_id: Mapped[str] = mapped_column(ForeignKey("lab.id", ondelete="CASCADE"))
    via: Mapped[str | None] = mapped_column(ForeignKey("share.id", ondelete="CASCADE"), index=True)

    __table_args__ = (
        Index("ix_share_lab", "lab_id", "id"),
        Index("uq_share_with", "kind", "name", "lab_id", unique=True),
        Index("uq_share_digest", "digest", unique=True),
    )
