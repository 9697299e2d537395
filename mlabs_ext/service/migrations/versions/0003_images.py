"""What a lab's origin ran on, and what the hub says about itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column and the table."""
    op.add_column("lab", sa.Column("image", sa.Text(), nullable=True))
    op.create_table(
        "hub_part",
        sa.Column("part", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("said", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("part"),
    )
