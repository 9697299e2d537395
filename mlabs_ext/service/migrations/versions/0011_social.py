"""Stars, comments, profiles, collections, and what administrators take down."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

FIRST = "parent_id IS NULL"
OPEN = "closed IS NULL"


def upgrade() -> None:
    """Add two columns to labs and the tables; notifications are no longer of runs alone."""
    op.add_column("lab", sa.Column("comments", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("lab", sa.Column("taken_down", sa.DateTime(), nullable=True))
    _stars()
    _comments()
    _moderation()
    _people()
    _notifications()


def _stars() -> None:
    op.create_table(
        "star",
        sa.Column("lab_id", sa.String(length=26), nullable=False),
        sa.Column("user_name", sa.String(length=255), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["lab_id"], ["lab.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("lab_id", "user_name"),
    )
    op.create_index("ix_star_user", "star", ["user_name", "created", "lab_id"])


def _comments() -> None:
    op.create_table(
        "comment",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("lab_id", sa.String(length=26), nullable=False),
        sa.Column("parent_id", sa.String(length=26), nullable=True),
        sa.Column("user_name", sa.String(length=255), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("cell", sa.String(length=64), nullable=True),
        sa.Column("place", sa.Integer(), nullable=True),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("edited", sa.DateTime(), nullable=True),
        sa.Column("deleted", sa.DateTime(), nullable=True),
        sa.Column("hidden", sa.DateTime(), nullable=True),
        sa.Column("hidden_by", sa.String(length=255), nullable=True),
        sa.Column("hidden_as", sa.String(length=15), nullable=True),
        sa.Column("hidden_reason", sa.Text(), nullable=True),
        sa.Column("replies", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["lab_id"], ["lab.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["parent_id"], ["comment.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_comment_lab", "comment", ["lab_id", "created", "id"], **_where(FIRST))
    op.create_index("ix_comment_cell", "comment", ["lab_id", "cell", "created", "id"], **_where(FIRST))
    op.create_index("ix_comment_parent", "comment", ["parent_id", "created", "id"])
    op.create_index("ix_comment_user", "comment", ["user_name", "created"])


def _moderation() -> None:
    op.create_table(
        "report",
        sa.Column("id", sa.String(length=26), nullable=False),
        *_subject(),
        sa.Column("user_name", sa.String(length=255), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("closed", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_report_open", "report", ["created", "id"], **_where(OPEN))
    once = ["kind", "about", "user_name"]
    op.create_index("uq_report_once", "report", once, unique=True, **_where(OPEN))
    op.create_index("ix_report_user", "report", ["user_name", "created"])
    op.create_table(
        "verdict",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by_name", sa.String(length=255), nullable=False),
        sa.Column("action", sa.String(length=12), nullable=False),
        *_subject(),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_verdict_at", "verdict", ["at", "id"])
    op.create_index("ix_verdict_about", "verdict", ["kind", "about", "at", "id"])


def _subject() -> list[sa.Column[Any]]:
    """What a report and a verdict are about."""
    return [
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("about", sa.String(length=255), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(length=255), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
    ]


def _people() -> None:
    op.create_table(
        "profile",
        sa.Column("user_name", sa.String(length=255), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("bio", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("pinned", sa.LargeBinary(), nullable=False),
        sa.Column("updated", sa.DateTime(), nullable=False),
        sa.Column("taken_down", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("user_name"),
    )
    op.create_table(
        "collection",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("owner", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("visibility", sa.String(length=10), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("updated", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("uq_collection_name", "collection", ["owner", "name"], unique=True)
    op.create_index("ix_collection_updated", "collection", ["owner", "updated", "id"])
    op.create_table(
        "collection_item",
        sa.Column("collection_id", sa.String(length=26), nullable=False),
        sa.Column("lab_id", sa.String(length=26), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("added", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["collection_id"], ["collection.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["lab_id"], ["lab.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("collection_id", "lab_id"),
    )
    op.create_index("ix_collection_item_lab_id", "collection_item", ["lab_id"])


def _notifications() -> None:
    """SQLite makes the table anew for this, and what refers to the old one would go with it."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    if sqlite:
        op.execute("CREATE TEMPORARY TABLE kept_delivery AS SELECT * FROM delivery")
    with op.batch_alter_table("notification") as table:
        table.alter_column("run_key", existing_type=sa.BigInteger(), nullable=True)
        for column in ("lab_id", "comment_id"):
            table.add_column(sa.Column(column, sa.String(length=26), nullable=True))
            name, other = f"fk_notification_{column}", column.removesuffix("_id")
            table.create_foreign_key(name, other, [column], ["id"], ondelete="CASCADE")
    if sqlite:
        op.execute("INSERT INTO delivery SELECT * FROM kept_delivery")
        op.execute("DROP TABLE kept_delivery")
    op.create_index("ix_notification_lab_id", "notification", ["lab_id"])
    op.create_index("ix_notification_comment_id", "notification", ["comment_id"])


def _where(condition: str) -> dict[str, Any]:
    """A partial index, in both dialects."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}
