"""What a run makes of its GPUs, measured by a fake of NVIDIA's tool: while it executes, and never else."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import pytest
import pytest_asyncio
from lab.user_server import UserServer
from support.fake_gpus import fake_nvidia_smi
from support.waiting import eventually

from mlabs_ext.lab import gpu_usage
from mlabs_ext.lab.gpu_usage import GpuUsage, Sample

pytestmark = pytest.mark.asyncio(loop_scope="module")

MIB = 1 << 20


class Record:
    """Stands for the recorder."""

    def __init__(self):
        self.running: set[str] = set()
        self.told: list[tuple[str, str, dict[str, Any]]] = []

    def executing(self) -> set[str]:
        return self.running

    def add(self, run, kind, time, cell, data) -> None:
        self.told.append((run, kind, data))


@pytest_asyncio.fixture(loop_scope="module")
async def watching(tmp_path):
    """`watching(use)` begins to sample by a fake tool; the measurer and the record."""
    tasks = []

    def watching(use: str = "50, 1024\n", status: int = 0, **traits: Any) -> tuple[GpuUsage, Record]:
        record = Record()
        program = fake_nvidia_smi(tmp_path, use, status)
        traits = {"program": str(program), "interval": 0.01} | traits
        measured = GpuUsage(record=record, **traits)
        tasks.append(asyncio.create_task(measured.watch()))
        return measured, record

    yield watching
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize(
    ("said", "sample"),
    [
        ("40, 1024\n", Sample(40, 1024 * MIB)),
        ("40, 1024\n80, 1000\n", Sample(60, 2024 * MIB)),
        ("[N/A], 12\n", Sample(0, 12 * MIB)),
        ("[N/A], [N/A]\n", None),
        ("No devices were found\n", None),
        ("", None),
        ("1, 2, 3\n", None),
    ],
    ids=["one", "two", "no utilization", "nothing told", "no device", "silence", "another table"],
)
async def test_reading(said, sample):
    assert gpu_usage.read(said) == sample


@pytest.mark.parametrize(
    ("devices", "option"),
    [
        ("", []),
        ("0,2", ["--id=0,2"]),
        ("GPU-2f1b-c,GPU-3", ["--id=GPU-2f1b-c,GPU-3"]),
        ("all", []),
        ("0; reboot", []),
        ("MIG-1", []),
    ],
)
async def test_which_gpus(monkeypatch, devices, option):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", devices)
    assert gpu_usage.held() == option


async def test_only_while_something_executes(watching, tmp_path):
    measured, record = watching()
    await asyncio.sleep(3 * gpu_usage.TICK)
    assert not (tmp_path / "asked").exists()
    record.running = {"run"}
    await eventually(lambda: measured._tallies)
    (tmp_path / "use").write_text("100, 4096\n")
    await eventually(lambda: measured._tallies["run"].most == 100)
    record.running = set()
    used = measured.taken("run")
    assert used["gpu_utilization_max"] == 100
    assert used["gpu_memory_peak"] == 4096 * MIB
    assert 50 < used["gpu_utilization_mean"] < 100
    assert measured.taken("run") is None
    assert record.told == [], "the end of the run tells it"
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked[0] == "--query-gpu=utilization.gpu,memory.used --format=csv,noheader,nounits"


async def test_a_long_run_is_told_of_meanwhile(watching):
    _, record = watching(telling=0.0)
    record.running = {"run"}
    await eventually(lambda: record.told)
    told = {"gpu_utilization_mean": 50, "gpu_utilization_max": 50, "gpu_memory_peak": 1024 * MIB}
    assert record.told[0] == ("run", "usage", told)


async def test_a_tool_that_fails_is_asked_again(watching, tmp_path):
    measured, record = watching(status=9)
    record.running = {"run"}
    await eventually(lambda: (tmp_path / "asked").exists() and len((tmp_path / "asked").read_text()) > 200)
    assert measured.taken("run") is None


async def test_who_ends_it_at_the_moment_of_an_answer_is_heard(monkeypatch):
    """Else a server that is told to stop would not: it waits for what it has cancelled."""

    class Answers:
        returncode = 0

        async def communicate(self, question: bytes | None) -> tuple[bytes, bytes]:
            asyncio.get_running_loop().call_soon(task.cancel)
            return b"50, 1024\n", b""

    async def started(*_: Any, **__: Any) -> Answers:
        return Answers()

    monkeypatch.setattr(asyncio, "create_subprocess_exec", started)
    record = Record()
    record.running = {"run"}
    task = asyncio.create_task(GpuUsage(record=record).watch())
    await asyncio.wait({task}, timeout=10)
    assert task.cancelled()


async def test_without_the_tool_nothing_is_measured(tmp_path):
    record = Record()
    record.running = {"run"}
    await asyncio.wait_for(GpuUsage(record=record, program=str(tmp_path / "absent")).watch(), 10)
    assert record.told == []


async def test_it_becomes_part_of_the_run(service, tmp_path, monkeypatch):
    program = fake_nvidia_smi(tmp_path, "75, 2048\n")
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-fake-1")
    server = UserServer(tmp_path / "home", service.url, options=("--GpuUsage.interval=0.2",))
    server.accelerator = "gpu"
    await server.start()
    try:
        tab = await server.open_notebook()
        assert await tab.execute("import time; time.sleep(3)") == "ok"
        here = await server.api("GET", "mlabs/api/history?path=mnist/mnist.ipynb")
        await tab.shut_down()
        await eventually(lambda: service.ended())
        [events] = service.events.values()
        assert [event.type for event in events] == ["execute", "done", "usage", "end"]
        assert events[2].data == {
            "gpu_utilization_mean": 75.0,
            "gpu_utilization_max": 75.0,
            "gpu_memory_peak": 2048 * MIB,
        }
        assert here["items"][0]["metrics"] == {}
        assert "--id=GPU-fake-1" in (tmp_path / "asked").read_text()
    finally:
        await server.stop()
