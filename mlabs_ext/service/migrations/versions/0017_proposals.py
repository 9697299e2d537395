"""What a version of a fork has taken in of its original."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0015"


def upgrade() -> None:
    """Add the column."""
    op.add_column("version", sa.Column("merged", sa.Integer(), nullable=True))
