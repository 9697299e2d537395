"""Notifications of ended runs, and their way out by e-mail and webhook."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the three tables."""
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "notification",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("user_name", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("run_key", key, nullable=False),
        sa.Column("time", sa.DateTime(), nullable=False),
        sa.Column("read", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["run_key"], ["run.key"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("uq_notification_run", "notification", ["run_key", "kind"], unique=True)
    op.create_index("ix_notification_time", "notification", ["time"])
    op.create_index("ix_notification_user", "notification", ["user_name", "time", "id"])
    op.create_index("ix_notification_unread", "notification", ["user_name"], **_where("read IS NULL"))
    op.create_table(
        "channels",
        sa.Column("user_name", sa.String(length=255), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("confirmed", sa.DateTime(), nullable=True),
        sa.Column("email_ends", sa.String(length=10), nullable=False),
        sa.Column("webhook", sa.Text(), nullable=True),
        sa.Column("webhook_secret", sa.String(length=64), nullable=True),
        sa.Column("webhook_ends", sa.String(length=10), nullable=False),
        sa.PrimaryKeyConstraint("user_name"),
    )
    _deliveries()


def _deliveries() -> None:
    op.create_table(
        "delivery",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("user_name", sa.String(length=255), nullable=False),
        sa.Column("notification_id", sa.String(length=26), nullable=True),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("due", sa.DateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("ended", sa.DateTime(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["notification_id"], ["notification.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_delivery_notification_id", "delivery", ["notification_id"])
    op.create_index("ix_delivery_due", "delivery", ["due"], **_where("ended IS NULL"))
    op.create_index("ix_delivery_user", "delivery", ["user_name", "channel", "created"])
    op.create_index("ix_delivery_ended", "delivery", ["ended"], **_where("ended IS NOT NULL"))


def _where(condition: str) -> dict[str, Any]:
    """A partial index, in both dialects."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}
