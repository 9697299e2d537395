"""The table of what search knows of each lab; beside it is one of words, in the database's own kind."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from mlabs_ext.service.orm import Base
from mlabs_ext.service.orm_types import Key, only


class LabText(Base):
    """A lab that is not in the trash. The later it was changed, the larger its `key`, by which its words lie.

    `text` is what is searched of version `number`, see `search_text.py`; null where it was not read yet.
    `pending` says that it is to be read, or that its first figure was not looked for.
    """

    __tablename__ = "lab_text"

    key: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=True)
    lab_id: Mapped[str] = mapped_column(String(26), ForeignKey("lab.id", ondelete="CASCADE"))
    number: Mapped[int]
    text: Mapped[bytes | None] = mapped_column(LargeBinary)
    pending: Mapped[bool]

    __table_args__ = (
        Index("uq_lab_text_lab_id", "lab_id", unique=True),
        Index("ix_lab_text_pending", "key", **only("pending")),
        # No key is given twice: who read a lab that changes meanwhile must not take it for the same.
        {"sqlite_autoincrement": True},
    )
