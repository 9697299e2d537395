"""The license of a lab."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the column."""
    op.add_column("lab", sa.Column("license", sa.String(length=200), nullable=True))
