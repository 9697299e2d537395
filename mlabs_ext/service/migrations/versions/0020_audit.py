"""The record of who did what; the database itself keeps rows from being changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

SQLITE = """CREATE TRIGGER act_is_kept BEFORE UPDATE ON act
BEGIN SELECT RAISE(ABORT, 'the record is not changed'); END"""
REFUSE = """CREATE FUNCTION act_is_kept() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the record is not changed'; END $$"""
POSTGRESQL = "CREATE TRIGGER act_is_kept BEFORE UPDATE ON act FOR EACH ROW EXECUTE FUNCTION act_is_kept()"


def upgrade() -> None:
    """Create the table, its indexes, and what guards it."""
    op.create_table(
        "act",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor", sa.String(length=255), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("about", sa.String(length=320), nullable=False),
        sa.Column("about_id", sa.String(length=26), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("request", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_act_at", "act", ["at", "id"])
    op.create_index("ix_act_actor", "act", ["actor", "at", "id"])
    op.create_index("ix_act_about", "act", ["about", "at", "id"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(REFUSE)
        op.execute(POSTGRESQL)
    else:
        op.execute(SQLITE)
