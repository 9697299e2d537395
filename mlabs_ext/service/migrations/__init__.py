"""Brings a database of any earlier version to the tables of this one."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text


def upgrade(engine: Engine) -> None:
    """Run the migrations that are missing, all in one transaction."""
    with engine.begin() as connection:
        upgrade_within(connection)


def upgrade_within(connection: Connection, revision: str = "head") -> None:
    """Run the migrations that are missing up to a revision, in the transaction that the caller began."""
    if connection.dialect.name == "postgresql":
        # Of several services that start at once, one migrates; the others find it done.
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('mlabs migrations', 0))"))
    config = configuration()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def is_current(engine: Engine) -> bool:
    """Whether a database has just the tables of this version."""
    with engine.connect() as connection:
        return revision_of(connection) == revisions()[0]


def revision_of(connection: Connection) -> str:
    """Up to which migration a database has come; empty where it has no tables of ours."""
    return ",".join(MigrationContext.configure(connection).get_current_heads())


@cache
def revisions() -> tuple[str, ...]:
    """All migrations that this version knows, the newest first."""
    scripts = ScriptDirectory.from_config(configuration())
    return tuple(script.revision for script in scripts.walk_revisions())


def configuration() -> Config:
    """Where the migrations are."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config
