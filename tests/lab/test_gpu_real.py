"""What is said of a GPU that is really there: which it is, and what a run that trains on it makes of it."""

from __future__ import annotations

import asyncio

import pytest
from lab.user_server import UserServer
from support.waiting import eventually

from mlabs_ext.catalogue import has_gpu
from mlabs_ext.lab import gpu_usage
from mlabs_spawner import inventory

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.gpu]

# Memory in bytes that the run takes, and seconds for which it computes.
TAKES = 2 << 30
COMPUTES = 6
TRAINING = f"""
import time, torch
kept = torch.zeros({TAKES // 4}, device="cuda")
a = torch.rand(8192, 8192, device="cuda", dtype=torch.bfloat16)
end = time.monotonic() + {COMPUTES}
while time.monotonic() < end:
    for _ in range(50):
        a @ a
    torch.cuda.synchronize()
assert torch.cuda.device_count() == 1
"""


async def test_it_is_found():
    gpus = inventory.detect()
    assert has_gpu()
    for id, gpu in gpus.items():
        assert id.startswith("GPU-")
        assert gpu.id == id
        assert gpu.name
        assert gpu.memory > 1 << 30


async def test_what_a_run_makes_of_it(service, tmp_path, monkeypatch):
    """The server holds one GPU by its UUID, as the spawner gives it."""
    pytest.importorskip("torch")
    id, gpu = next(iter(inventory.detect().items()))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", id)
    server = UserServer(tmp_path, service.url, options=("--GpuUsage.interval=0.5",))
    server.accelerator = "gpu"
    await server.start()
    try:
        tab = await server.open_notebook()
        assert await tab.execute(TRAINING) == "ok"
        await tab.shut_down()
        await eventually(service.ended)
    finally:
        await server.stop()
    [events] = service.events.values()
    [used] = [event.data for event in events if event.type == "usage"]
    assert TAKES < used["gpu_memory_peak"] < gpu.memory
    assert 50 < used["gpu_utilization_max"] <= 100
    assert 0 < used["gpu_utilization_mean"] <= used["gpu_utilization_max"]


async def test_a_gpu_that_does_nothing(monkeypatch):
    """One look costs less than a second, and says less than when it computes."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", next(iter(inventory.detect())))
    measured = gpu_usage.GpuUsage(record=None)
    sample = gpu_usage.read(await asyncio.wait_for(measured._ask(gpu_usage.QUERY), 5))
    assert sample is not None
    assert sample.memory < TAKES
    assert sample.utilization < 50
