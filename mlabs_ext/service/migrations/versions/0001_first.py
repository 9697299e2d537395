"""Labs, versions, runs and their events, as the first release has them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LISTED = "deleted IS NULL AND visibility = 'public' AND version > 0"


def upgrade() -> None:
    """Create all tables."""
    _answered()
    _lab()
    _lab_tag()
    _run()
    _version()
    _event()


def _where(condition: str) -> dict[str, Any]:
    """A partial index, in both dialects."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def _answered() -> None:
    op.create_table(
        "answered",
        sa.Column("user_name", sa.String(length=255), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("said", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("user_name", "key"),
    )
    op.create_index("ix_answered_created", "answered", ["created"])


def _lab() -> None:
    op.create_table(
        "lab",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("owner", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("tags", sa.LargeBinary(), nullable=False),
        sa.Column("visibility", sa.String(length=10), nullable=False),
        sa.Column("environment", sa.String(length=60), nullable=False),
        sa.Column("accelerator", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.String(length=26), nullable=True),
        sa.Column("forked_version", sa.Integer(), nullable=True),
        sa.Column("forks", sa.Integer(), nullable=False),
        sa.Column("stars", sa.Integer(), nullable=False),
        sa.Column("runs", sa.Integer(), nullable=False),
        sa.Column("popularity", sa.Integer(), nullable=False),
        sa.Column("heat", sa.Double(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("updated", sa.DateTime(), nullable=False),
        sa.Column("deleted", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["parent_id"], ["lab.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_lab_deleted", "lab", ["deleted"], **_where("deleted IS NOT NULL"))
    op.create_index("ix_lab_listed_environment", "lab", ["environment", "updated", "id"], **_where(LISTED))
    op.create_index("ix_lab_listed_heat", "lab", ["heat", "id"], **_where(LISTED))
    op.create_index("ix_lab_listed_popularity", "lab", ["popularity", "id"], **_where(LISTED))
    op.create_index("ix_lab_listed_updated", "lab", ["updated", "id"], **_where(LISTED))
    op.create_index("ix_lab_owner_updated", "lab", ["owner", "updated", "id"])
    op.create_index("ix_lab_parent_id", "lab", ["parent_id"])
    op.create_index("uq_lab_owner_name", "lab", ["owner", "name"], unique=True, **_where("deleted IS NULL"))


def _lab_tag() -> None:
    op.create_table(
        "lab_tag",
        sa.Column("tag", sa.String(length=40), nullable=False),
        sa.Column("lab_id", sa.String(length=26), nullable=False),
        sa.ForeignKeyConstraint(["lab_id"], ["lab.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tag", "lab_id"),
    )
    op.create_index("ix_lab_tag_lab_id", "lab_tag", ["lab_id"])


def _run() -> None:
    op.create_table(
        "run",
        sa.Column("key", KEY, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("lab_id", sa.String(length=26), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("user_name", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("run_all", sa.Boolean(), nullable=False),
        sa.Column("environment", sa.String(length=60), nullable=False),
        sa.Column("image", sa.Text(), nullable=True),
        sa.Column("accelerator", sa.String(length=60), nullable=False),
        sa.Column("parameters", sa.LargeBinary(), nullable=False),
        sa.Column("started", sa.DateTime(), nullable=False),
        sa.Column("seen", sa.DateTime(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("ended", sa.DateTime(), nullable=True),
        sa.Column("duration", sa.Double(), nullable=True),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("executing", sa.String(length=255), nullable=True),
        sa.Column("cells", sa.Integer(), nullable=False),
        sa.Column("error", sa.LargeBinary(), nullable=True),
        sa.Column("metrics", sa.LargeBinary(), nullable=False),
        sa.Column("code_sha256", sa.String(length=71), nullable=True),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["lab_id"], ["lab.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key"),
        sa.UniqueConstraint("id", name="uq_run_id"),
    )
    op.create_index("ix_run_lab", "run", ["lab_id", "started", "id"])
    op.create_index("ix_run_lab_status", "run", ["lab_id", "status", "started", "id"])
    op.create_index("ix_run_live", "run", ["lab_id"], **_where("ended IS NULL AND version IS NOT NULL"))
    op.create_index("ix_run_open", "run", ["seen"], **_where("ended IS NULL"))
    op.create_index("ix_run_user", "run", ["user_name", "started", "id"])
    op.create_index("ix_run_user_status", "run", ["user_name", "status", "started", "id"])


def _version() -> None:
    op.create_table(
        "version",
        sa.Column("lab_id", sa.String(length=26), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(length=255), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("environment", sa.String(length=60), nullable=False),
        sa.Column("accelerator", sa.String(length=60), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("notebook", sa.String(length=71), nullable=False),
        sa.Column("code_sha256", sa.String(length=71), nullable=False),
        sa.Column("cells", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.String(length=26), nullable=True),
        sa.ForeignKeyConstraint(["lab_id"], ["lab.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("lab_id", "number"),
    )
    op.create_index("ix_version_code_sha256", "version", ["code_sha256"])
    op.create_index("ix_version_notebook", "version", ["notebook"])
    op.create_index("ix_version_run_id", "version", ["run_id"])


def _event() -> None:
    op.create_table(
        "event",
        sa.Column("run_key", KEY, nullable=False),
        sa.Column("seq", KEY, autoincrement=False, nullable=False),
        sa.Column("type", sa.String(length=10), nullable=False),
        sa.Column("time", sa.DateTime(), nullable=False),
        sa.Column("cell", sa.Text(), nullable=True),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["run_key"], ["run.key"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_key", "seq"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_event_execute", "event", ["run_key", "seq"], **_where("type = 'execute'"))
