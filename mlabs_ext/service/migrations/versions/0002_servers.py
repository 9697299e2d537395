"""People's plans, and the ledger of their servers."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

RAN = "ended IS NOT NULL AND started IS NOT NULL"


def upgrade() -> None:
    """Create the two tables."""
    _person()
    _server()


def _where(condition: str) -> dict[str, Any]:
    """A partial index, in both dialects."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def _person() -> None:
    op.create_table(
        "person",
        sa.Column("user_name", sa.String(length=255), nullable=False),
        sa.Column("admin", sa.Boolean(), nullable=False),
        sa.Column("groups", sa.LargeBinary(), nullable=False),
        sa.Column("plan", sa.String(length=60), nullable=True),
        sa.Column("seen", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("user_name"),
    )
    op.create_index("ix_person_seen", "person", ["seen", "user_name"])


def _server() -> None:
    op.create_table(
        "server",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("user_name", sa.String(length=255), nullable=False),
        sa.Column("plan", sa.String(length=60), nullable=False),
        sa.Column("lab", sa.String(length=320), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("environment", sa.String(length=60), nullable=False),
        sa.Column("accelerator", sa.String(length=60), nullable=False),
        sa.Column("accelerators", sa.Integer(), nullable=False),
        sa.Column("image", sa.Text(), nullable=True),
        sa.Column("requested", sa.BigInteger(), nullable=False),
        sa.Column("started", sa.BigInteger(), nullable=True),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.Column("ended", sa.BigInteger(), nullable=True),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_server_open", "server", ["user_name", "name"], **_where("ended IS NULL"))
    used = ["ended", "started", "accelerators"]
    op.create_index("ix_server_used", "server", ["user_name", *used], **_where(RAN))
    op.create_index("ix_server_ended", "server", used, **_where(RAN))
