"""An installation that is well, for tests to break."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from support.waiting import free_port

from mlabs_ext.doctor.command import look
from mlabs_ext.doctor.found import Result
from mlabs_ext.doctor.here import Here
from mlabs_ext.service.store import Store
from mlabs_ext.up.data import DataDir

ENVIRONMENT = "python-py311-0123456789ab"


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


@pytest.fixture
def ill(
    data: DataDir,
    environ: dict[str, str],
    write_settings: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> SimpleNamespace:
    """What a fault is made with; `finally_` is called at the end."""

    def package(name: str, version: str) -> None:
        """Another version of a package, where Python looks first."""
        found = tmp_path / "packages" / f"{name}-{version}.dist-info"
        found.mkdir(parents=True)
        (found / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        monkeypatch.syspath_prepend(tmp_path / "packages")

    def hidden(name: str) -> None:
        """A package that is there, and has none of its programs."""
        (tmp_path / "packages" / name).mkdir(parents=True)
        said = "def find_uv_bin():\n    raise FileNotFoundError\n"
        (tmp_path / "packages" / name / "__init__.py").write_text(said)
        monkeypatch.syspath_prepend(tmp_path / "packages")
        monkeypatch.delitem(sys.modules, name, raising=False)

    def environment(marker: bool) -> None:
        """An installed environment without Python."""
        made = data / "environments" / ENVIRONMENT
        made.mkdir()
        if marker:
            (made / ".mlabs-ready").write_text("{}")

    return SimpleNamespace(
        data=data,
        environ=environ,
        settings=write_settings,
        package=package,
        hidden=hidden,
        environment=environment,
        finally_=request.addfinalizer,
        monkeypatch=monkeypatch,
        tmp=tmp_path,
    )
