"""What `jupyterhub_config.py` says of load and patience; the administrator's file has the last word."""

from __future__ import annotations

import pytest
from traitlets.config.loader import PyFileConfigLoader

from mlabs_ext.up.hub import config_file


@pytest.fixture
def wired(tmp_path, monkeypatch):
    """Reads the wiring, with these settings of an administrator's."""

    def read(settings: str = ""):
        (tmp_path / "mlabs_config.py").write_text(settings)
        monkeypatch.setenv("MLABS_DATA", str(tmp_path))
        for name in ("MLABS_CONFIG", "MLABS_SPAWNER"):
            monkeypatch.delenv(name, raising=False)
        return PyFileConfigLoader(str(config_file())).load_config()

    return read


def test_the_hub_waits_for_a_service_that_changes_its_tables(wired):
    [service] = [one for one in wired().JupyterHub.services if one["name"] == "mlabs"]
    assert service["timeout"] == 600


def test_labs_that_wait_keep_nobody_from_opening_one(wired):
    assert wired().JupyterHub.concurrent_spawn_limit == 0


def test_administrators_may_limit_that_all_the_same(wired):
    assert wired("c.JupyterHub.concurrent_spawn_limit = 7").JupyterHub.concurrent_spawn_limit == 7
