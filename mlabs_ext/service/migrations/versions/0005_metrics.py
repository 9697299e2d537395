"""What runs logged, what they used, and what was installed where they ran."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

USAGE = ("gpu_utilization_mean", "gpu_utilization_max", "gpu_memory_peak")


def upgrade() -> None:
    """Create the tables and columns; what GPUs did was among the metrics until now."""
    _run_metric()
    op.create_table(
        "package_list",
        sa.Column("sha256", sa.String(length=71), nullable=False),
        sa.Column("packages", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256"),
    )
    empty = {"sqlite": "x'7b7d'", "postgresql": "'{}'::bytea"}[op.get_bind().dialect.name]
    resources = sa.Column("resources", sa.LargeBinary(), nullable=False, server_default=sa.text(empty))
    op.add_column("run", resources)
    op.add_column("run", sa.Column("packages", sa.String(length=71), nullable=True))
    only: dict[str, Any] = {
        "sqlite_where": sa.text("type = 'metric'"),
        "postgresql_where": sa.text("type = 'metric'"),
    }
    op.create_index("ix_event_metric", "event", ["run_key", "seq"], **only)
    _move_usage()


def _run_metric() -> None:
    op.create_table(
        "run_metric",
        sa.Column("run_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("lab_id", sa.String(length=26), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Double(), nullable=True) for name in ("last", "lowest", "highest")),
        *(
            sa.Column(f"{name}_step", sa.BigInteger(), nullable=True)
            for name in ("last", "lowest", "highest")
        ),
        sa.Column("stride", sa.BigInteger(), nullable=False),
        sa.Column("points", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["run_key"], ["run.key"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["lab_id"], ["lab.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_key", "name"),
    )
    op.create_index("ix_run_metric_lab", "run_metric", ["lab_id", "name", "last", "run_key"])


def _move_usage() -> None:
    run = sa.table("run", sa.column("key"), sa.column("metrics"), sa.column("resources"))
    connection = op.get_bind()
    measured = sa.select(run.c.key, run.c.metrics).where(run.c.metrics != b"{}")
    for key, metrics in connection.execute(measured).all():
        values = msgspec.json.decode(bytes(metrics))
        resources = {name: values.pop(name) for name in USAGE if name in values}
        changed = {"metrics": msgspec.json.encode(values), "resources": msgspec.json.encode(resources)}
        connection.execute(sa.update(run).where(run.c.key == key).values(changed))
