"""Shares: with whom labs are shared, and on each lab what that comes to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the column and the table."""
    op.add_column("lab", sa.Column("shared", sa.LargeBinary(), nullable=True))
    op.create_table(
        "share",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("lab_id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=5), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("access", sa.String(length=4), nullable=False),
        sa.Column("label", sa.String(length=100), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("via", sa.String(length=26), nullable=True),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("expires", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["lab_id"], ["lab.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["via"], ["share.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_share_lab", "share", ["lab_id", "id"])
    op.create_index("ix_share_via", "share", ["via"])
    op.create_index("uq_share_digest", "share", ["digest"], unique=True)
    op.create_index("uq_share_with", "share", ["kind", "name", "lab_id"], unique=True)
