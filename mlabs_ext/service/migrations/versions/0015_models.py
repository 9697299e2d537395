"""Models: their versions and files, what of runs they follow, and with whom they are shared."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PUBLIC = "deleted IS NULL AND visibility = 'public' AND version > 0"


def upgrade() -> None:
    """Create the tables."""
    _models()
    _versions()
    _files()
    _due()
    _shares()


def _models() -> None:
    op.create_table(
        "model",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("owner", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("visibility", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("newest", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("lab_id", sa.String(length=26), nullable=True),
        sa.Column("path", sa.Text(), nullable=True),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("updated", sa.DateTime(), nullable=False),
        sa.Column("deleted", sa.DateTime(), nullable=True),
        sa.Column("taken_down", sa.DateTime(), nullable=True),
        sa.Column("shared", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["lab_id"], ["lab.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "uq_model_owner_name", "model", ["owner", "name"], unique=True, **_where("deleted IS NULL")
    )
    op.create_index("ix_model_owner_updated", "model", ["owner", "updated", "id"])
    op.create_index("ix_model_listed_updated", "model", ["updated", "id"], **_where(PUBLIC))
    op.create_index("ix_model_lab", "model", ["lab_id", "updated", "id"])
    op.create_index("ix_model_deleted", "model", ["deleted"], **_where("deleted IS NOT NULL"))


def _versions() -> None:
    op.create_table(
        "model_version",
        sa.Column("model_id", sa.String(length=26), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(length=255), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("run_id", sa.String(length=26), nullable=True),
        sa.Column("said", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("begun", sa.DateTime(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("error", sa.LargeBinary(), nullable=True),
        sa.Column("format", sa.String(length=20), nullable=True),
        sa.Column("inputs", sa.LargeBinary(), nullable=False),
        sa.Column("outputs", sa.LargeBinary(), nullable=False),
        sa.Column("layers", sa.LargeBinary(), nullable=False),
        sa.Column("parameters", sa.BigInteger(), nullable=False),
        sa.Column("notes", sa.LargeBinary(), nullable=False),
        sa.Column("needs", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["model.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("model_id", "number"),
    )
    op.create_index("ix_model_version_run_id", "model_version", ["run_id"])
    waiting = _where("status IN ('queued', 'converting')")
    op.create_index("ix_model_version_waiting", "model_version", ["created"], **waiting)


def _files() -> None:
    op.create_table(
        "model_file",
        sa.Column("key", KEY, autoincrement=True, nullable=False),
        sa.Column("model_id", sa.String(length=26), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("blob", sa.String(length=71), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["model_id", "number"], ["model_version.model_id", "model_version.number"], ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("ix_model_file_blob", "model_file", ["blob"])
    op.create_index("uq_model_file", "model_file", ["model_id", "number", "kind", "path"], unique=True)


def _due() -> None:
    op.create_table(
        "model_due",
        sa.Column("model_id", sa.String(length=26), nullable=False),
        sa.Column("asset_key", KEY, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["model.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["asset_key"], ["asset.key"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("model_id", "asset_key"),
    )
    op.create_index("ix_model_due_asset_key", "model_due", ["asset_key"])


def _shares() -> None:
    op.create_table(
        "model_share",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("model_id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=5), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("access", sa.String(length=4), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["model.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_model_share_model", "model_share", ["model_id", "id"])
    op.create_index("uq_model_share_with", "model_share", ["kind", "name", "model_id"], unique=True)


def _where(condition: str) -> dict[str, Any]:
    """A partial index, in both dialects."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}
