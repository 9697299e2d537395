"""Batch runs: why a run ended as it did, and the queue."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

OPEN = "NOT settled"


def upgrade() -> None:
    """Add the columns and the table."""
    op.add_column("run", sa.Column("reason", sa.String(length=16), nullable=True))
    op.add_column("run", sa.Column("timeout", sa.Double(), nullable=True))
    op.add_column("run", sa.Column("rerun_of", sa.String(length=26), nullable=True))
    op.add_column("run", sa.Column("stopping", sa.DateTime(), nullable=True))
    op.create_table(
        "batch",
        sa.Column("run_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("notebook", sa.String(length=71), nullable=False),
        sa.Column("pinned", sa.String(), nullable=True),
        sa.Column("queued", sa.DateTime(), nullable=False),
        sa.Column("due", sa.DateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["run_key"], ["run.key"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_key"),
    )
    op.create_index(
        "ix_batch_unsettled",
        "batch",
        ["queued"],
        sqlite_where=sa.text(OPEN),
        postgresql_where=sa.text(OPEN),
    )
