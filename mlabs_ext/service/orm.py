"""The tables. What is derived (counts, a run's status) changes in the transaction that it follows from."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, Table, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from mlabs_ext import wire
from mlabs_ext.service.orm_types import Json, Key, Moment, Time, only
from mlabs_ext.service.orm_types import micros as micros

# What the small indexes of listed labs hold.
PUBLIC = "deleted IS NULL AND visibility = 'public' AND version > 0"
# What everybody is shown in lists. Queries use these very words: only then are those indexes good for them.
LISTED = f"{PUBLIC} AND taken_down IS NULL"
# Servers whose use is settled.
RAN = "ended IS NOT NULL AND started IS NOT NULL"
# Runs that have ended and whose events are here.
KEPT = "expired IS NULL AND ended IS NOT NULL"
# What lists of runs are filtered by.
FACETS = ("status", "kind", "environment")


class Base(DeclarativeBase):
    """The root of all tables."""

    if TYPE_CHECKING:
        __table__: ClassVar[Table]

        # A row is never false: `row and …` is the row only where that is None.
        def __bool__(self) -> Literal[True]: ...


class Lab(Base):
    """A lab. `version` is the latest; `revision` changes with every change; `parent_id` is gone once purged.

    `runs` are those of a version, `recorded` all of them; `popularity` is forks + stars + runs; `heat` orders
    labs by recent activity, see `heat.py`. `checkpoint` is the run whose
    outputs it was forked with; `image` is what its origin ran on, where it still runs on that. `comments`
    says whether they are on; `taken_down` is since when an administrator keeps it from all but its owner.
    `shared` is what its shares come to, see `shares.py`: with the row at hand there is nothing to look up.
    """

    __tablename__ = "lab"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    owner: Mapped[str] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(String(60))
    title: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text, default="")
    tags: Mapped[list[str]] = mapped_column(Json, default=list)
    visibility: Mapped[wire.Visibility] = mapped_column(String(10))
    environment: Mapped[str] = mapped_column(String(60))
    accelerator: Mapped[str] = mapped_column(String(60))
    license: Mapped[str | None] = mapped_column(String(200))
    image: Mapped[str | None] = mapped_column(Text)
    checkpoint: Mapped[str | None] = mapped_column(String(26))
    version: Mapped[int] = mapped_column(default=0)
    revision: Mapped[int] = mapped_column(default=1)
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("lab.id", ondelete="SET NULL"), index=True)
    forked_version: Mapped[int | None]
    forks: Mapped[int] = mapped_column(default=0)
    stars: Mapped[int] = mapped_column(default=0)
    runs: Mapped[int] = mapped_column(default=0)
    recorded: Mapped[int] = mapped_column(default=0)
    popularity: Mapped[int] = mapped_column(default=0)
    heat: Mapped[float] = mapped_column(default=0.0)
    created: Mapped[datetime] = mapped_column(Time)
    updated: Mapped[datetime] = mapped_column(Time)
    deleted: Mapped[datetime | None] = mapped_column(Time)
    comments: Mapped[bool] = mapped_column(default=True)
    taken_down: Mapped[datetime | None] = mapped_column(Time)
    shared: Mapped[dict[str, list[Any]] | None] = mapped_column(Json)

    __mapper_args__ = {"eager_defaults": False}  # noqa: RUF012
    __table_args__ = (
        Index("uq_lab_owner_name", "owner", "name", unique=True, **only("deleted IS NULL")),
        Index("ix_lab_owner_updated", "owner", "updated", "id"),
        Index("ix_lab_owner_recorded", "owner", "deleted", "recorded"),
        Index("ix_lab_listed_updated", "updated", "id", **only(PUBLIC)),
        Index("ix_lab_listed_popularity", "popularity", "id", **only(PUBLIC)),
        Index("ix_lab_listed_heat", "heat", "id", **only(PUBLIC)),
        Index("ix_lab_listed_environment", "environment", "updated", "id", **only(PUBLIC)),
        Index("ix_lab_listed_environment_popularity", "environment", "popularity", "id", **only(PUBLIC)),
        Index("ix_lab_listed_environment_heat", "environment", "heat", "id", **only(PUBLIC)),
        Index("ix_lab_listed_accelerator", "accelerator", "environment", **only(PUBLIC)),
        Index("ix_lab_listed_accelerator_updated", "accelerator", "updated", "id", **only(PUBLIC)),
        Index("ix_lab_listed_accelerator_popularity", "accelerator", "popularity", "id", **only(PUBLIC)),
        Index("ix_lab_listed_accelerator_heat", "accelerator", "heat", "id", **only(PUBLIC)),
        Index("ix_lab_deleted", "deleted", **only("deleted IS NOT NULL")),
    )


class Tag(Base):
    """A lab's tags once more, for finding labs by tag."""

    __tablename__ = "lab_tag"

    tag: Mapped[str] = mapped_column(String(40), primary_key=True)
    lab_id: Mapped[str] = mapped_column(
        ForeignKey("lab.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class Version(Base):
    """A version of a lab. `run_id` names the run that made its outputs, which may be registered later.

    `merged` is the version of the lab's original that it has taken in; without one it is what was forked.
    """

    __tablename__ = "version"

    lab_id: Mapped[str] = mapped_column(ForeignKey("lab.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    author: Mapped[str] = mapped_column(String(255))
    message: Mapped[str] = mapped_column(Text)
    environment: Mapped[str] = mapped_column(String(60))
    accelerator: Mapped[str] = mapped_column(String(60))
    created: Mapped[datetime] = mapped_column(Time)
    notebook: Mapped[str] = mapped_column(String(71), index=True)
    code_sha256: Mapped[str] = mapped_column(String(71), index=True)
    cells: Mapped[int]
    size: Mapped[int] = mapped_column(BigInteger)
    run_id: Mapped[str | None] = mapped_column(String(26), index=True)
    merged: Mapped[int | None]

    __table_args__ = (Index("ix_version_stored", "lab_id", "notebook", "size"),)


class Run(Base):
    """A run. Everything from `status` to `code_sha256` follows from its events.

    `seen` is when its server was last heard; `closed` says that its end was recorded; `executing` is the
    execution that runs now; `size` counts the bytes of its events; `stopping` is when it was asked to stop;
    `expired` when its events were given up.
    """

    __tablename__ = "run"

    key: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(26))
    lab_id: Mapped[str] = mapped_column(ForeignKey("lab.id", ondelete="CASCADE"))
    version: Mapped[int | None]
    user: Mapped[str] = mapped_column("user_name", String(255))
    kind: Mapped[wire.RunKind] = mapped_column(String(12))
    run_all: Mapped[bool]
    environment: Mapped[str] = mapped_column(String(60))
    image: Mapped[str | None] = mapped_column(Text)
    accelerator: Mapped[str] = mapped_column(String(60))
    parameters: Mapped[dict[str, Any]] = mapped_column(Json)
    started: Mapped[datetime] = mapped_column(Time)
    seen: Mapped[datetime] = mapped_column(Time)
    status: Mapped[wire.RunStatus] = mapped_column(String(10), default="running")
    ended: Mapped[datetime | None] = mapped_column(Time)
    duration: Mapped[float | None]
    closed: Mapped[bool] = mapped_column(default=False)
    executing: Mapped[str | None] = mapped_column(String(255))
    cells: Mapped[int] = mapped_column(default=0)
    error: Mapped[dict[str, Any] | None] = mapped_column(Json)
    metrics: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    resources: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    packages: Mapped[str | None] = mapped_column(String(71))
    code_sha256: Mapped[str | None] = mapped_column(String(71))
    last_seq: Mapped[int] = mapped_column(BigInteger, default=0)
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    reason: Mapped[wire.RunReason | None] = mapped_column(String(16))
    timeout: Mapped[float | None]
    rerun_of: Mapped[str | None] = mapped_column(String(26))
    stopping: Mapped[datetime | None] = mapped_column(Time)
    expired: Mapped[datetime | None] = mapped_column(Time)
    scheduled: Mapped[bool] = mapped_column(default=False)

    lab: Mapped[Lab] = relationship(lazy="raise")

    __table_args__ = (
        UniqueConstraint("id", name="uq_run_id"),
        Index("ix_run_lab", "lab_id", "started", "id"),
        Index("ix_run_lab_shown", "lab_id", "started", "id", **only("version IS NOT NULL")),
        Index("ix_run_lab_facets", "lab_id", *FACETS, "started", "id"),
        Index("ix_run_user", "user_name", "started", "id"),
        Index("ix_run_user_facets", "user_name", *FACETS, "started", "id"),
        Index("ix_run_open", "seen", **only("ended IS NULL")),
        Index("ix_run_kept", "ended", "key", **only(KEPT)),
        Index("ix_run_given_up", "key", **only("expired IS NOT NULL AND size > 0")),
        Index("ix_run_again", "lab_id", "version", "ended", **only("rerun_of IS NOT NULL")),
        Index("ix_run_live", "lab_id", **only("ended IS NULL AND version IS NOT NULL")),
    )


class Event(Base):
    """A step of a run, stored in the order that it is read in."""

    __tablename__ = "event"

    run_key: Mapped[int] = mapped_column(Key, ForeignKey("run.key", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    type: Mapped[str] = mapped_column(String(10))
    time: Mapped[datetime] = mapped_column(Time)
    cell: Mapped[str | None] = mapped_column(Text)
    data: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (
        Index("ix_event_execute", "run_key", "seq", **only("type = 'execute'")),
        Index("ix_event_metric", "run_key", "seq", **only("type = 'metric'")),
        {"sqlite_with_rowid": False},
    )


class Answered(Base):
    """A request that carried an Idempotency-Key, and what it was answered."""

    __tablename__ = "answered"

    user: Mapped[str] = mapped_column("user_name", String(255), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    said: Mapped[str] = mapped_column(String(64))
    answer: Mapped[bytes] = mapped_column(LargeBinary)
    created: Mapped[datetime] = mapped_column(Time, index=True)


class HubPart(Base):
    """The newest that the hub said about one part of itself, such as its accelerators."""

    __tablename__ = "hub_part"

    part: Mapped[str] = mapped_column(String(20), primary_key=True)
    at: Mapped[datetime] = mapped_column(Time)
    said: Mapped[Any] = mapped_column(Json)


class Person(Base):
    """Somebody who asked for a server. `groups` and `admin` are what the hub said last.

    `plan` is the one that an administrator gave them, whatever their groups say.
    """

    __tablename__ = "person"

    name: Mapped[str] = mapped_column("user_name", String(255), primary_key=True)
    admin: Mapped[bool] = mapped_column(default=False)
    groups: Mapped[list[str]] = mapped_column(Json, default=list)
    plan: Mapped[str | None] = mapped_column(String(60))
    seen: Mapped[datetime] = mapped_column(Time)

    __table_args__ = (Index("ix_person_seen", "seen", "user_name"),)


class Server(Base):
    """A server of a person's, from the moment that it was asked for. Never deleted: use is computed from it.

    `accelerators` is how many it holds; `seen` is when the hub last said that it is there. `closed` says that
    `ended` is the hub's own word: an end that was only concluded from silence gives way to it.
    """

    __tablename__ = "server"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    user: Mapped[str] = mapped_column("user_name", String(255))
    plan: Mapped[str] = mapped_column(String(60))
    lab: Mapped[str] = mapped_column(String(320))
    name: Mapped[str] = mapped_column(String(255))
    environment: Mapped[str] = mapped_column(String(60))
    accelerator: Mapped[str] = mapped_column(String(60))
    accelerators: Mapped[int]
    image: Mapped[str | None] = mapped_column(Text)
    requested: Mapped[datetime] = mapped_column(Moment)
    started: Mapped[datetime | None] = mapped_column(Moment)
    seen: Mapped[datetime] = mapped_column(Moment)
    ended: Mapped[datetime | None] = mapped_column(Moment)
    closed: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        Index("ix_server_open", "user_name", "name", **only("ended IS NULL")),
        Index("ix_server_used", "user_name", "ended", "started", "accelerators", **only(RAN)),
        Index("ix_server_ended", "ended", "started", "accelerators", **only(RAN)),
    )
