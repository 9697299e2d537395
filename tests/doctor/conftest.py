"""An installation that is well, for tests to break."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.waiting import free_port

from mlabs_ext.doctor.command import look
from mlabs_ext.doctor.found import Result
from mlabs_ext.doctor.here import Here
from mlabs_ext.service.store import Store
from mlabs_ext.up.data import DataDir


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """An empty database with the tables of this version."""
    store = Store(directory=str(tmp_path_factory.mktemp("tables")))
    store.migrate()
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    return Path(store.directory, "mlabs.sqlite").read_bytes()


@pytest.fixture
def data(tmp_path: Path, tables: bytes) -> Iterator[DataDir]:
    """A data directory after a first start, with nothing running."""
    data = DataDir(tmp_path / "data").prepare()
    data.secret("password", size=10)
    (data / "mlabs.sqlite").write_bytes(tables)
    yield data


@pytest.fixture
def environ(data: DataDir) -> dict[str, str]:
    """The variables that it is started with."""
    return {"MLABS_DATA": str(data.path), "MLABS_PORT": str(free_port())}


@pytest.fixture
def examine(data: DataDir, environ: dict[str, str]) -> Callable[..., dict[str, Result]]:
    """What the doctor finds, by the names of the checks: what is neither fine nor skipped."""

    def examine(url: str = "") -> dict[str, Result]:
        results = look(Here(data, environ, url))
        return {one.check.id: one for one in results if one.found}

    return examine


@pytest.fixture
def write_settings(data: DataDir) -> Callable[[str], None]:
    """Write the administrator's settings file."""

    def write(text: str) -> None:
        (data / "mlabs_config.py").write_text(f"c = get_config()\n{text}\n")

    return write
