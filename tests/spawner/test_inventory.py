"""What accelerators the machine says that it has."""

import pytest
from support.fake_gpus import fake_tool, ids

from mlabs_spawner import inventory
from mlabs_spawner.gpus import Gpus
from mlabs_spawner.inventory import Gpu, detect


def test_the_machine_is_asked(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", fake_tool(tmp_path / "bin", 2))
    found = {id: Gpu(id, f"NVIDIA Fake {n}", (n + 1) << 30) for n, id in enumerate(ids(2))}
    assert Gpus().inventory == found
    assert Gpus(devices=["GPU-fake-1", "7"]).inventory == {
        "GPU-fake-1": found["GPU-fake-1"],
        "7": Gpu("7", "GPU"),
    }


@pytest.mark.parametrize("status", [1, 9])
def test_a_machine_whose_driver_does_not_work_has_none(monkeypatch, tmp_path, status):
    monkeypatch.setenv("PATH", fake_tool(tmp_path / "bin", 1, status))
    assert detect() == {}


def test_a_machine_without_the_tool_has_none(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert detect() == {}
    assert Gpus().inventory == {}


def test_memory_that_is_not_known():
    assert inventory.read("GPU-x, NVIDIA GB10, [N/A]\n") == {"GPU-x": Gpu("GPU-x", "NVIDIA GB10", None)}
