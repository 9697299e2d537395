"""The tables of what runs logged and of what was installed where they ran."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from mlabs_ext.service.orm import Base
from mlabs_ext.service.orm_types import Json, Key


class RunMetric(Base):
    """One metric of a run, summed up. `last`, `lowest` and `highest` are null where no value was a number.

    `points` are a few of its values, every `stride`-th one: what a small chart is drawn from. `lab_id` is the
    run's, so that a lab's runs can be found in the order of a metric.
    """

    __tablename__ = "run_metric"

    run_key: Mapped[int] = mapped_column(Key, ForeignKey("run.key", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    lab_id: Mapped[str] = mapped_column(ForeignKey("lab.id", ondelete="CASCADE"))
    count: Mapped[int] = mapped_column(BigInteger, default=0)
    last: Mapped[float | None]
    last_step: Mapped[int | None] = mapped_column(BigInteger)
    lowest: Mapped[float | None]
    lowest_step: Mapped[int | None] = mapped_column(BigInteger)
    highest: Mapped[float | None]
    highest_step: Mapped[int | None] = mapped_column(BigInteger)
    stride: Mapped[int] = mapped_column(BigInteger, default=1)
    points: Mapped[list[float]] = mapped_column(Json, default=list)

    __table_args__ = (Index("ix_run_metric_lab", "lab_id", "name", "last", "run_key"),)


class PackageList(Base):
    """What was installed, once for all runs that it is the same for. `sha256` is of the list as JSON."""

    __tablename__ = "package_list"

    sha256: Mapped[str] = mapped_column(String(71), primary_key=True)
    packages: Mapped[dict[str, Any]] = mapped_column(Json)
