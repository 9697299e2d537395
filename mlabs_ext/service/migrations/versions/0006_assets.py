"""Files that runs made, or that a lab's owner put beside it, and the run that a fork goes on from."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the table, and add the column."""
    op.add_column("lab", sa.Column("checkpoint", sa.String(length=26), nullable=True))
    op.create_table(
        "asset",
        sa.Column("key", KEY, autoincrement=True, nullable=False),
        sa.Column("lab_id", sa.String(length=26), nullable=False),
        sa.Column("run_key", KEY, nullable=True),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("blob", sa.String(length=71), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
        sa.ForeignKeyConstraint(["lab_id"], ["lab.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["run_key"], ["run.key"], ondelete="CASCADE"),
    )
    op.create_index("ix_asset_blob", "asset", ["blob"])
    op.create_index("ix_asset_lab", "asset", ["lab_id", "path", "key"])
    op.create_index(
        "uq_asset_run", "asset", ["run_key", "path"], unique=True, **_where("run_key IS NOT NULL")
    )
    op.create_index(
        "uq_asset_uploaded", "asset", ["lab_id", "path"], unique=True, **_where("run_key IS NULL")
    )


def _where(condition: str) -> dict[str, Any]:
    """A partial index, in both dialects."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}
