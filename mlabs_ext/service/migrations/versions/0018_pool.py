"""The community pool: searches, their jobs, leases of slices, workers, and rows to learn from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Create the tables."""
    _count()
    _data()
    _search()
    _use()
    _worker()
    _job()
    _lease()


def _count() -> None:
    op.create_table(
        "pool_count",
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("what"),
    )


def _data() -> None:
    op.create_table(
        "pool_data",
        sa.Column("owner", sa.String(length=255), nullable=False),
        sa.Column("blob", sa.String(length=71), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("x", sa.LargeBinary(), nullable=False),
        sa.Column("y", sa.Integer(), nullable=False),
        sa.Column("low", sa.Float(precision=53), nullable=False),
        sa.Column("high", sa.Float(precision=53), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "blob"),
    )
    op.create_index("ix_pool_data_blob", "pool_data", ["blob"])
    op.create_index("ix_pool_data_created", "pool_data", ["created"])


def _search() -> None:
    op.create_table(
        "pool_search",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("owner", sa.String(length=255), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("train", sa.String(length=71), nullable=False),
        sa.Column("held_out", sa.String(length=71), nullable=False),
        sa.Column("dataset", sa.String(length=320), nullable=True),
        sa.Column("every", sa.Integer(), nullable=True),
        sa.Column("rungs", sa.LargeBinary(), nullable=False),
        sa.Column("keep", sa.Float(precision=53), nullable=False),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("ended", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_pool_search_ended", "pool_search", ["ended"])
    op.create_index("ix_pool_search_held_out", "pool_search", ["held_out"])
    op.create_index("ix_pool_search_owner", "pool_search", ["owner", "created", "id"])
    op.create_index("ix_pool_search_train", "pool_search", ["train"])


def _use() -> None:
    op.create_table(
        "pool_use",
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("owner", sa.String(length=255), nullable=False),
        sa.Column("seconds", sa.Float(precision=53), nullable=False),
        sa.PrimaryKeyConstraint("since", "owner"),
    )


def _worker() -> None:
    op.create_table(
        "pool_worker",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("owner", sa.String(length=255), nullable=True),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("backend", sa.String(length=40), nullable=False),
        sa.Column("speed", sa.Float(precision=53), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.Column("left", sa.DateTime(), nullable=True),
        sa.Column("quarantined", sa.DateTime(), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("slices", sa.Integer(), nullable=False),
        sa.Column("confirmed", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("expired", sa.Integer(), nullable=False),
        sa.Column("strikes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_pool_worker_owner", "pool_worker", ["owner"])
    op.create_index("ix_pool_worker_seen", "pool_worker", ["seen"])
    op.create_index("uq_pool_worker_digest", "pool_worker", ["digest"], unique=True)


def _job() -> None:
    op.create_table(
        "pool_job",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("search_id", sa.String(length=26), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=255), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=True),
        sa.Column("error", sa.LargeBinary(), nullable=True),
        sa.Column("spec", sa.LargeBinary(), nullable=False),
        sa.Column("parameters", sa.Integer(), nullable=False),
        sa.Column("epochs", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("head", sa.String(length=26), nullable=True),
        sa.Column("every", sa.Integer(), nullable=False),
        sa.Column("work", sa.Float(precision=53), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.BigInteger(), nullable=True),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("ended", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["search_id"], ["pool_search.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_pool_job_alive",
        "pool_job",
        ["owner"],
        sqlite_where=sa.text("ended IS NULL"),
        postgresql_where=sa.text("ended IS NULL"),
    )
    op.create_index("ix_pool_job_search", "pool_job", ["search_id", "number"])
    op.create_index(
        "ix_pool_job_waits",
        "pool_job",
        ["owner", "waiting", "id"],
        sqlite_where=sa.text("status = 'queued' AND reason IS NULL"),
        postgresql_where=sa.text("status = 'queued' AND reason IS NULL"),
    )


def _lease() -> None:
    op.create_table(
        "pool_lease",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("job_id", sa.String(length=26), nullable=False),
        sa.Column("worker_id", sa.String(length=26), nullable=True),
        sa.Column("by", sa.String(length=60), nullable=True),
        sa.Column("owner", sa.String(length=255), nullable=False),
        sa.Column("checks", sa.String(length=26), nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("start", sa.String(length=71), nullable=True),
        sa.Column("before", sa.Integer(), nullable=False),
        sa.Column("until_epoch", sa.Integer(), nullable=False),
        sa.Column("task", sa.String(length=64), nullable=False),
        sa.Column("begun", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.Column("ended", sa.BigInteger(), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=71), nullable=True),
        sa.Column("print", sa.String(length=64), nullable=True),
        sa.Column("blob", sa.String(length=71), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("claim", sa.Float(precision=53), nullable=True),
        sa.Column("curve", sa.LargeBinary(), nullable=False),
        sa.Column("loss", sa.Float(precision=53), nullable=True),
        sa.Column("score", sa.Float(precision=53), nullable=True),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("checking", sa.String(length=10), nullable=False),
        sa.Column("worse", sa.Boolean(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["pool_job.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["worker_id"], ["pool_worker.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_pool_lease_blob", "pool_lease", ["blob"])
    op.create_index("ix_pool_lease_checks", "pool_lease", ["checks"])
    op.create_index("ix_pool_lease_job", "pool_lease", ["job_id", "id"])
    op.create_index(
        "ix_pool_lease_live",
        "pool_lease",
        ["owner", "expires"],
        sqlite_where=sa.text("status = 'live'"),
        postgresql_where=sa.text("status = 'live'"),
    )
    op.create_index("ix_pool_lease_print", "pool_lease", ["print"])
    op.create_index(
        "ix_pool_lease_kept",
        "pool_lease",
        ["owner", "blob", "size"],
        sqlite_where=sa.text("blob IS NOT NULL"),
        postgresql_where=sa.text("blob IS NOT NULL"),
    )
    op.create_index(
        "ix_pool_lease_to_check",
        "pool_lease",
        ["ended", "id"],
        sqlite_where=sa.text("checking = 'open'"),
        postgresql_where=sa.text("checking = 'open'"),
    )
    op.create_index(
        "ix_pool_lease_to_judge",
        "pool_lease",
        ["ended", "id"],
        sqlite_where=sa.text("status IN ('received', 'doubted')"),
        postgresql_where=sa.text("status IN ('received', 'doubted')"),
    )
    op.create_index("ix_pool_lease_worker", "pool_lease", ["worker_id", "status"])
    op.create_index(
        "uq_pool_lease_holds",
        "pool_lease",
        ["job_id"],
        unique=True,
        sqlite_where=sa.text("status IN ('live', 'received', 'doubted') AND checks IS NULL"),
        postgresql_where=sa.text("status IN ('live', 'received', 'doubted') AND checks IS NULL"),
    )
    op.create_index(
        "uq_pool_lease_live",
        "pool_lease",
        ["worker_id"],
        unique=True,
        sqlite_where=sa.text("status = 'live'"),
        postgresql_where=sa.text("status = 'live'"),
    )
