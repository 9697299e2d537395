"""Secret links to models, and how far variants are from their models."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Add the columns."""
    for column in (
        sa.Column("label", sa.String(length=100), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("via", sa.String(length=26), nullable=True),
        sa.Column("expires", sa.DateTime(), nullable=True),
    ):
        op.add_column("model_share", column)
    op.create_index("uq_model_share_digest", "model_share", ["digest"], unique=True)
    op.add_column("model_version", sa.Column("compared", sa.LargeBinary(), nullable=True))
