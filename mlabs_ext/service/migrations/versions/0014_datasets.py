"""Datasets, their versions, files and shares, which labs use them, and uploads that go on."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

PUBLIC = "deleted IS NULL AND visibility = 'public' AND version > 0"


def upgrade() -> None:
    """Add the tables."""
    dataset()
    versions()
    uses()
    upload()


def dataset() -> None:
    """The datasets."""
    op.create_table(
        "dataset",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("owner", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("tags", sa.LargeBinary(), nullable=False),
        sa.Column("license", sa.String(length=200), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("visibility", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("labs", sa.Integer(), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("updated", sa.DateTime(), nullable=False),
        sa.Column("deleted", sa.DateTime(), nullable=True),
        sa.Column("taken_down", sa.DateTime(), nullable=True),
        sa.Column("shared", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    index("uq_dataset_owner_name", ["owner", "name"], "deleted IS NULL", unique=True)
    op.create_index("ix_dataset_owner_updated", "dataset", ["owner", "updated", "id"])
    index("ix_dataset_listed_updated", ["updated", "id"], PUBLIC)
    index("ix_dataset_listed_labs", ["labs", "id"], PUBLIC)
    index("ix_dataset_deleted", ["deleted"], "deleted IS NOT NULL")


def index(name: str, columns: list[str], where: str, unique: bool = False) -> None:
    """An index over some of the datasets."""
    only: dict[str, Any] = {"sqlite_where": sa.text(where), "postgresql_where": sa.text(where)}
    op.create_index(name, "dataset", columns, unique=unique, **only)


def of_dataset() -> list[sa.schema.SchemaItem]:
    """The column that says of which dataset a row is."""
    return [
        sa.Column("dataset_id", sa.String(length=26), nullable=False),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], ondelete="CASCADE"),
    ]


def versions() -> None:
    """Their versions, and what is in each."""
    op.create_table(
        "dataset_version",
        *of_dataset(),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(length=255), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("digest", sa.String(length=71), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("dataset_id", "number"),
    )
    op.create_table(
        "dataset_file",
        sa.Column("key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        *of_dataset(),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("blob", sa.String(length=71), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("ix_dataset_file_blob", "dataset_file", ["blob"])
    op.create_index("uq_dataset_file", "dataset_file", ["dataset_id", "number", "path"], unique=True)


def uses() -> None:
    """With whom they are shared, and which labs use them."""
    op.create_table(
        "dataset_share",
        *of_dataset(),
        sa.Column("kind", sa.String(length=5), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("access", sa.String(length=4), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("label", sa.String(length=100), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("via", sa.String(length=26), nullable=True),
        sa.Column("expires", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("dataset_id", "kind", "name"),
    )
    op.create_index("ix_dataset_share_with", "dataset_share", ["kind", "name", "dataset_id"])
    op.create_index("uq_dataset_share_digest", "dataset_share", ["digest"], unique=True)
    op.create_table(
        "lab_data",
        sa.Column("lab_id", sa.String(length=26), nullable=False),
        *of_dataset(),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("by_line", sa.Boolean(), nullable=False),
        sa.Column("added", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["lab_id"], ["lab.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("lab_id", "dataset_id"),
    )
    op.create_index("ix_lab_data_dataset", "lab_data", ["dataset_id", "added"])


def upload() -> None:
    """Uploads that go on."""
    op.create_table(
        "upload",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("owner", sa.String(length=255), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("seen", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_upload_owner", "upload", ["owner"])
    op.create_index("ix_upload_seen", "upload", ["seen"])
