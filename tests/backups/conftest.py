"""A data directory that people have lived in: databases, blobs, homes, secrets, settings."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from jupyterhub import orm as hub_orm
from service.conftest import migrated, postgresql_emptied, postgresql_migrated, rules
from sqlalchemy import create_engine

from mlabs_ext import wire
from mlabs_ext.cli import main
from mlabs_ext.service import orm
from mlabs_ext.service.store import Store
from mlabs_ext.up.data import DataDir

__all__ = ["migrated", "postgresql_emptied", "postgresql_migrated", "rules"]


@pytest.fixture
def store(lived: Path):
    """The database in it."""
    store = Store(directory=str(lived))
    yield store
    store.close()


@pytest.fixture(scope="module")
def first_lived(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One to copy, without labs."""
    data = DataDir(tmp_path_factory.mktemp("lived") / "data").prepare()
    shutil.copytree(migrated, data.path, dirs_exist_ok=True)
    data.password({})
    data.prefix()
    hub(data / "hub.sqlite")
    home = data / "users" / "ada"
    home.mkdir()
    (home / "mine é.ipynb").write_text("{}")
    (home / "link").symlink_to("/etc/passwd")
    (home / "folder").mkdir()
    (home / "folder" / "script.sh").write_text("echo")
    (home / "folder" / "script.sh").chmod(0o755)
    (home / "folder").chmod(0o500)
    (data / "mlabs_config.py").write_text("c.Labs.default_visibility = 'unlisted'\n")
    return data.path


def hub(file: Path) -> None:
    """A hub's database, in which ada has a server that runs."""
    sessions = hub_orm.new_session_factory(f"sqlite:///{file}")
    with closing(sessions()) as session:
        server = hub_orm.Server(ip="127.0.0.1", port=4321)
        user = hub_orm.User(name="ada")
        session.add_all([server, user])
        session.flush()
        session.add(hub_orm.Spawner(user=user, name="mnist", server=server, state={"pid": 1}))
        session.commit()
        session.get_bind().dispose()


@pytest.fixture
def lived(first_lived: Path, tmp_path: Path) -> Path:
    """A data directory of a test's own."""
    shutil.copytree(first_lived, tmp_path / "data", symlinks=True)
    return tmp_path / "data"


@pytest.fixture
def labs(rules: Any, lived: Path) -> list[str]:
    """Three versions of a lab, a fork of it, a file; their blobs are in the directory. Their digests."""
    rules.blobs.directory = str(lived / "blobs")
    rules.blobs._place = rules.blobs._make_place()
    rules.publish(name="mnist", title="Digits")
    rules.publish(rules.bob, "# Other", name="other")
    rules.labs.fork(rules.bob, "ada", "mnist", wire.ForkCreate())
    digest = rules.blobs.put(b"a file")
    rules.assets.put(rules.ada, "ada", "mnist", "file.txt", digest, 6)
    with rules.store.read() as session:
        found = {*session.scalars(orm.Version.__table__.select().with_only_columns(orm.Version.notebook))}
    rules.store.close()
    return sorted({digest, *found})


@pytest.fixture
def mlabs(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Run a command that ends with `status`; what it said, and what it complained of."""
    monkeypatch.delenv("MLABS_CONFIG", raising=False)

    def run(*arguments: Any, status: int = 0) -> str:
        found = main([str(one) for one in arguments])
        said = capsys.readouterr()
        assert found == status, said.out + said.err
        assert "Traceback" not in said.err
        return said.out + said.err

    return run


def rows(url: str) -> dict[str, int]:
    """How many rows each table has."""
    from mlabs_ext.backups.rows import digest, tables

    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return {table.name: digest(connection, table).total for table in tables(connection)}
    finally:
        engine.dispose()
