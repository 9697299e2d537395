"""Search by full text, in each database's own way, and small pictures of notebooks.

What is there already is noted as to be read: the service does that bit by bit while it runs.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

LISTED = "deleted IS NULL AND visibility = 'public' AND version > 0"
NOTED = """
    INSERT INTO lab_text (lab_id, number, pending)
    SELECT id, version, :yes FROM lab WHERE deleted IS NULL ORDER BY updated, id
"""
# Prefixes of two and three letters have an index of their own: they are those of many words.
SQLITE = (
    """CREATE VIRTUAL TABLE lab_words USING fts5(facets, head, body, tokenize = "ascii", prefix = '2 3')""",
    """
    CREATE TRIGGER lab_text_gone AFTER DELETE ON lab_text BEGIN
        DELETE FROM lab_words WHERE rowid = old.key;
    END
    """,
)
# What is written waits in no list, which each search would have to look through.
POSTGRESQL = (
    """
    CREATE TABLE lab_words (
        key BIGINT PRIMARY KEY REFERENCES lab_text ON DELETE CASCADE,
        head TSVECTOR NOT NULL,
        words TSVECTOR NOT NULL
    )
    """,
    "CREATE INDEX ix_lab_words ON lab_words USING gin (head, words) WITH (fastupdate = off)",
)


def upgrade() -> None:
    """Add the tables and the index; the column that search used to look through goes."""
    _lab_text()
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)
    op.get_bind().execute(sa.text(NOTED), {"yes": True})
    op.drop_column("lab", "words")
    op.create_index("ix_lab_listed_accelerator", "lab", ["accelerator", "environment"], **_where(LISTED))
    for column in ("updated", "popularity", "heat"):
        name = f"ix_lab_listed_accelerator_{column}"
        op.create_index(name, "lab", ["accelerator", column, "id"], **_where(LISTED))
    op.create_table(
        "thumbnail",
        sa.Column("notebook", sa.String(length=71), nullable=False),
        sa.Column("blob", sa.String(length=71), nullable=True),
        sa.Column("alt", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("notebook"),
    )
    op.create_index("ix_thumbnail_blob", "thumbnail", ["blob"], **_where("blob IS NOT NULL"))


def _lab_text() -> None:
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "lab_text",
        sa.Column("key", key, autoincrement=True, nullable=False),
        sa.Column("lab_id", sa.String(length=26), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=True),
        sa.Column("pending", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["lab_id"], ["lab.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key"),
        sqlite_autoincrement=True,
    )
    op.create_index("uq_lab_text_lab_id", "lab_text", ["lab_id"], unique=True)
    op.create_index("ix_lab_text_pending", "lab_text", ["key"], **_where("pending"))


def _where(condition: str) -> dict[str, Any]:
    """A partial index, in both dialects."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}
