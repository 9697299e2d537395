"""The tables of models: what was uploaded or taken from a run, and what front ends load of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, ForeignKeyConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from mlabs_ext import wire
from mlabs_ext.service.orm import PUBLIC, Base
from mlabs_ext.service.orm_types import Json, Key, Time, only

# Versions that are to be converted, or are just now.
WAITING = "status IN ('queued', 'converting')"


class Model(Base):
    """A model. It has the columns by which rules decide who sees a lab, so that the same rules decide here.

    `version` is its latest that is ready: while that is 0 the model is its owner's alone. `newest` is the
    last number that was given. `lab_id` is the lab it comes from, and `path` the file of that lab's runs of
    which each new one becomes a version.
    """

    __tablename__ = "model"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    owner: Mapped[str] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(String(60))
    title: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text, default="")
    visibility: Mapped[wire.Visibility] = mapped_column(String(10))
    version: Mapped[int] = mapped_column(default=0)
    newest: Mapped[int] = mapped_column(default=0)
    revision: Mapped[int] = mapped_column(default=1)
    lab_id: Mapped[str | None] = mapped_column(ForeignKey("lab.id", ondelete="SET NULL"))
    path: Mapped[str | None] = mapped_column(Text)
    created: Mapped[datetime] = mapped_column(Time)
    updated: Mapped[datetime] = mapped_column(Time)
    deleted: Mapped[datetime | None] = mapped_column(Time)
    taken_down: Mapped[datetime | None] = mapped_column(Time)
    shared: Mapped[dict[str, list[Any]] | None] = mapped_column(Json)

    __table_args__ = (
        Index("uq_model_owner_name", "owner", "name", unique=True, **only("deleted IS NULL")),
        Index("ix_model_owner_updated", "owner", "updated", "id"),
        Index("ix_model_listed_updated", "updated", "id", **only(PUBLIC)),
        Index("ix_model_lab", "lab_id", "updated", "id"),
        Index("ix_model_deleted", "deleted", **only("deleted IS NOT NULL")),
    )


class ModelVersion(Base):
    """A version of a model; once it is ready it never changes.

    `begun` is when the service that converts it last said so, and `tries` how often that was begun. `said`
    is a digest of what was uploaded. What a model is made of is known once it is ready. `compared` says of
    its variants how far each is from it.
    """

    __tablename__ = "model_version"

    model_id: Mapped[str] = mapped_column(ForeignKey("model.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    author: Mapped[str] = mapped_column(String(255))
    message: Mapped[str] = mapped_column(Text)
    created: Mapped[datetime] = mapped_column(Time)
    run_id: Mapped[str | None] = mapped_column(String(26), index=True)
    said: Mapped[str] = mapped_column(String(64))
    status: Mapped[wire.ModelStatus] = mapped_column(String(10), default="queued")
    begun: Mapped[datetime | None] = mapped_column(Time)
    tries: Mapped[int] = mapped_column(default=0)
    error: Mapped[dict[str, Any] | None] = mapped_column(Json)
    format: Mapped[str | None] = mapped_column(String(20))
    inputs: Mapped[list[Any]] = mapped_column(Json, default=list)
    outputs: Mapped[list[Any]] = mapped_column(Json, default=list)
    layers: Mapped[list[Any]] = mapped_column(Json, default=list)
    parameters: Mapped[int] = mapped_column(BigInteger, default=0)
    notes: Mapped[list[str]] = mapped_column(Json, default=list)
    needs: Mapped[list[str]] = mapped_column(Json, default=list)
    compared: Mapped[dict[str, Any] | None] = mapped_column(Json)

    __table_args__ = (Index("ix_model_version_waiting", "created", **only(WAITING)),)


class ModelFile(Base):
    """A file of a version: `source` is what came, `served` what front ends load, and `latest` the same
    `model.json` for the address that moves on, which names the weights of this very version.
    """

    __tablename__ = "model_file"

    key: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=True)
    model_id: Mapped[str] = mapped_column(String(26))
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(8))
    path: Mapped[str] = mapped_column(Text)
    blob: Mapped[str] = mapped_column(String(71), index=True)
    size: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        ForeignKeyConstraint(
            ["model_id", "number"], ["model_version.model_id", "model_version.number"], ondelete="CASCADE"
        ),
        Index("uq_model_file", "model_id", "number", "kind", "path", unique=True),
    )


class ModelDue(Base):
    """A file that a run wrote and a model follows, until that run has ended and it was looked at."""

    __tablename__ = "model_due"

    model_id: Mapped[str] = mapped_column(ForeignKey("model.id", ondelete="CASCADE"), primary_key=True)
    asset_key: Mapped[int] = mapped_column(
        Key, ForeignKey("asset.key", ondelete="CASCADE"), primary_key=True, index=True, autoincrement=False
    )
