"""Schedules: when labs run by themselves, which runs they began, and which runs were made once more."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the column, the indexes and the table."""
    op.add_column("run", sa.Column("scheduled", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("ix_run_again", "run", ["lab_id", "version", "ended"], **_where("rerun_of IS NOT NULL"))
    op.create_table(
        "schedule",
        sa.Column("lab_id", sa.String(length=26), nullable=False),
        sa.Column("cron", sa.String(length=100), nullable=False),
        sa.Column("timezone", sa.String(length=60), nullable=False),
        sa.Column("image", sa.String(length=10), nullable=False),
        sa.Column("environment", sa.String(length=60), nullable=True),
        sa.Column("accelerator", sa.String(length=60), nullable=True),
        sa.Column("parameters", sa.LargeBinary(), nullable=True),
        sa.Column("timeout", sa.Double(), nullable=True),
        sa.Column("next", sa.DateTime(), nullable=True),
        sa.Column("paused", sa.DateTime(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("run", sa.String(length=26), nullable=True),
        sa.Column("last", sa.String(length=26), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("noted", sa.DateTime(), nullable=True),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("updated", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["lab_id"], ["lab.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("lab_id"),
    )
    op.create_index("ix_schedule_next", "schedule", ["next"], **_where("next IS NOT NULL"))
    op.create_index("ix_schedule_run", "schedule", ["run"], **_where("run IS NOT NULL"))


def _where(condition: str) -> dict[str, Any]:
    """A partial index, in both dialects."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}
