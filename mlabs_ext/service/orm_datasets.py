"""The tables of datasets, their versions and files, with whom they are shared, and which labs use them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from mlabs_ext import wire
from mlabs_ext.service.orm import LISTED, PUBLIC, Base
from mlabs_ext.service.orm_shares import Shared
from mlabs_ext.service.orm_types import Json, Key, Time, only

__all__ = ["LISTED", "Dataset", "DatasetFile", "DatasetShare", "DatasetVersion", "LabData"]


class Dataset(Base):
    """A dataset. `version` is the latest; `files` and `size` are that one's, in bytes.

    `revision`, `deleted`, `taken_down` and `shared` are what they are of labs; `labs` counts those that use
    it.
    """

    __tablename__ = "dataset"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    owner: Mapped[str] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(String(60))
    title: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text, default="")
    tags: Mapped[list[str]] = mapped_column(Json, default=list)
    license: Mapped[str | None] = mapped_column(String(200))
    source: Mapped[str] = mapped_column(Text, default="")
    visibility: Mapped[wire.Visibility] = mapped_column(String(10))
    version: Mapped[int] = mapped_column(default=0)
    revision: Mapped[int] = mapped_column(default=1)
    files: Mapped[int] = mapped_column(default=0)
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    labs: Mapped[int] = mapped_column(default=0)
    created: Mapped[datetime] = mapped_column(Time)
    updated: Mapped[datetime] = mapped_column(Time)
    deleted: Mapped[datetime | None] = mapped_column(Time)
    taken_down: Mapped[datetime | None] = mapped_column(Time)
    shared: Mapped[dict[str, list[Any]] | None] = mapped_column(Json)

    __mapper_args__ = {"eager_defaults": False}  # noqa: RUF012
    __table_args__ = (
        Index("uq_dataset_owner_name", "owner", "name", unique=True, **only("deleted IS NULL")),
        Index("ix_dataset_owner_updated", "owner", "updated", "id"),
        Index("ix_dataset_listed_updated", "updated", "id", **only(PUBLIC)),
        Index("ix_dataset_listed_labs", "labs", "id", **only(PUBLIC)),
        Index("ix_dataset_deleted", "deleted", **only("deleted IS NOT NULL")),
    )


class DatasetVersion(Base):
    """A version of a dataset. `digest` is one of all its paths and contents; `size` in bytes."""

    __tablename__ = "dataset_version"

    dataset_id: Mapped[str] = mapped_column(ForeignKey("dataset.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    author: Mapped[str] = mapped_column(String(255))
    message: Mapped[str] = mapped_column(Text)
    created: Mapped[datetime] = mapped_column(Time)
    digest: Mapped[str] = mapped_column(String(71))
    files: Mapped[int]
    size: Mapped[int] = mapped_column(BigInteger)


class DatasetFile(Base):
    """A file of a version, by its content."""

    __tablename__ = "dataset_file"

    key: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=True)
    dataset_id: Mapped[str] = mapped_column(ForeignKey("dataset.id", ondelete="CASCADE"))
    number: Mapped[int]
    path: Mapped[str] = mapped_column(Text)
    blob: Mapped[str] = mapped_column(String(71), index=True)
    size: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (Index("uq_dataset_file", "dataset_id", "number", "path", unique=True),)


class DatasetShare(Shared):
    """A dataset is shared."""

    __tablename__ = "dataset_share"

    dataset_id: Mapped[str] = mapped_column(ForeignKey("dataset.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[wire.ShareKind] = mapped_column(String(5), primary_key=True)
    name: Mapped[str] = mapped_column(String(255), primary_key=True)

    __table_args__ = (
        Index("ix_dataset_share_with", "kind", "name", "dataset_id"),
        Index("uq_dataset_share_digest", "digest", unique=True),
    )


class LabData(Base):
    """A lab uses a dataset: the version that is named, or whichever is the latest where it is null.

    `by_line` says that the metadata of its latest notebook names it, and nobody put it there otherwise.
    """

    __tablename__ = "lab_data"

    lab_id: Mapped[str] = mapped_column(ForeignKey("lab.id", ondelete="CASCADE"), primary_key=True)
    dataset_id: Mapped[str] = mapped_column(ForeignKey("dataset.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int | None]
    by_line: Mapped[bool] = mapped_column(default=False)
    added: Mapped[datetime] = mapped_column(Time)

    __table_args__ = (Index("ix_lab_data_dataset", "dataset_id", "added"),)
