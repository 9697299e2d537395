"""What a version of a fork has taken in of its original, and proposals of forks to their originals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Create the tables."""
    op.add_column("version", sa.Column("merged", sa.Integer(), nullable=True))
    _proposals()
    _remarks()
    _notifications()


def _proposals() -> None:
    op.create_table(
        "proposal",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("lab_id", sa.String(length=26), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("fork_id", sa.String(length=26), nullable=True),
        sa.Column("user_name", sa.String(length=255), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("base", sa.Integer(), nullable=False),
        sa.Column("notebook", sa.String(length=71), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("updated", sa.DateTime(), nullable=False),
        sa.Column("closed_by", sa.String(length=255), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("merged", sa.Integer(), nullable=True),
        sa.Column("taken_down", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["lab_id"], ["lab.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["fork_id"], ["lab.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("uq_proposal_number", "proposal", ["lab_id", "number"], unique=True)
    is_open = sa.text("state = 'open'")
    op.create_index(
        "uq_proposal_open",
        "proposal",
        ["fork_id"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    op.create_index("ix_proposal_user", "proposal", ["user_name", "created"])
    op.create_index("ix_proposal_fork_id", "proposal", ["fork_id"])
    op.create_index("ix_proposal_notebook", "proposal", ["notebook"])


def _remarks() -> None:
    op.create_table(
        "remark",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("proposal_id", sa.String(length=26), nullable=False),
        sa.Column("user_name", sa.String(length=255), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposal.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_remark_proposal", "remark", ["proposal_id", "id"])
    op.create_index("ix_remark_user", "remark", ["user_name", "created"])


def _notifications() -> None:
    # In one statement, which SQLite can do without a copy of the table: what refers to that would be lost.
    column = "proposal_id VARCHAR(26) REFERENCES proposal (id) ON DELETE CASCADE"
    op.execute(f"ALTER TABLE notification ADD COLUMN {column}")
    op.create_index("ix_notification_proposal_id", "notification", ["proposal_id"])
