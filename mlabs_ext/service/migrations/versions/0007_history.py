"""Lists that stay fast however long the history is, and what is removed with time: steps of runs, blobs."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

LISTED = "deleted IS NULL AND visibility = 'public' AND version > 0"
FACETS = ["status", "kind", "environment", "started", "id"]


def upgrade() -> None:
    """Add the columns, count what there is, and make the indexes."""
    op.add_column("run", sa.Column("expired", sa.DateTime(), nullable=True))
    op.add_column("lab", sa.Column("recorded", sa.Integer(), nullable=False, server_default="0"))
    op.drop_index("ix_run_lab_status", "run")
    op.drop_index("ix_run_user_status", "run")
    op.create_index("ix_run_lab_facets", "run", ["lab_id", *FACETS])
    op.create_index("ix_run_user_facets", "run", ["user_name", *FACETS])
    op.create_index("ix_run_lab_shown", "run", ["lab_id", "started", "id"], **_where("version IS NOT NULL"))
    op.create_index("ix_run_kept", "run", ["ended", "key"], **_where("expired IS NULL AND ended IS NOT NULL"))
    op.create_index("ix_run_given_up", "run", ["key"], **_where("expired IS NOT NULL AND size > 0"))
    op.create_index("ix_batch_notebook", "batch", ["notebook"])
    op.create_table(
        "garbage",
        sa.Column("blob", sa.String(length=71), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("blob"),
    )
    for column in ("popularity", "heat"):
        name = f"ix_lab_listed_environment_{column}"
        op.create_index(name, "lab", ["environment", column, "id"], **_where(LISTED))
    op.create_index("ix_lab_owner_recorded", "lab", ["owner", "deleted", "recorded"])
    op.create_index("ix_version_stored", "version", ["lab_id", "notebook", "size"])
    op.execute("UPDATE lab SET recorded = (SELECT count(*) FROM run WHERE run.lab_id = lab.id)")


def _where(condition: str) -> dict[str, Any]:
    """A partial index, in both dialects."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}
