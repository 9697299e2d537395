"""Brings a database of any earlier version to the tables of this one."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text


def upgrade(engine: Engine) -> None:
    """Run the migrations that are missing, all in one transaction."""
    config = configuration()
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            # Of several services that start at once, one migrates; the others find it done.
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('mlabs migrations', 0))"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def is_current(engine: Engine) -> bool:
    """Whether a database has just the tables of this version."""
    with engine.connect() as connection:
        heads = MigrationContext.configure(connection).get_current_heads()
    return frozenset(heads) == _heads()


@cache
def _heads() -> frozenset[str]:
    return frozenset(ScriptDirectory.from_config(configuration()).get_heads())


def configuration() -> Config:
    """Where the migrations are."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config
