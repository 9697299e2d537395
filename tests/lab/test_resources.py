"""What a server and its kernel use now, by the numbers of a real one."""

from __future__ import annotations

import pytest
from support.fake_gpus import fake_nvidia_smi

from mlabs_ext.lab.gpu_usage import Gpu, GpuUsage

pytestmark = pytest.mark.asyncio(loop_scope="module")

MIB = 1 << 20


async def test_of_a_kernel_that_works(server, notebook):
    def asked(kernel: str) -> str:
        return f"mlabs/api/resources?kernel={kernel}"

    before = await server.api("GET", asked(notebook.kernel))
    await notebook.execute(
        "import time\nbig = bytearray(200_000_000)\nend = time.process_time() + 0.5\n"
        "while time.process_time() < end: pass"
    )
    after = await server.api("GET", asked(notebook.kernel))
    assert after["kernel"]["memory"] - before["kernel"]["memory"] > 150_000_000
    assert after["kernel"]["cpu_seconds"] - before["kernel"]["cpu_seconds"] > 0.4
    assert after["server"]["memory"] > after["kernel"]["memory"]
    assert after["server"]["processes"] > after["kernel"]["processes"]
    assert after["time"] > before["time"]
    assert after["memory_limit"] > after["kernel"]["memory"]
    assert 0 < after["disk"]["used"] <= after["disk"]["total"]
    assert after["gpus"] == []
    alone = await server.api("GET", "mlabs/api/resources")
    assert alone["kernel"] is None
    error = await server.api("GET", asked("nobody"), status=404)
    assert error["error"]["code"] == "kernel_not_found"


@pytest.mark.parametrize(
    ("said", "status", "gpus"),
    [
        (
            "NVIDIA H100, 40, 1024, 81559\nNVIDIA, odd, [N/A], 0, [N/A]\n",
            0,
            [Gpu("NVIDIA H100", 40, 1024 * MIB, 81559 * MIB), Gpu("NVIDIA, odd", None, 0, None)],
        ),
        ("", 0, []),
        ("NVIDIA-SMI has failed", 9, []),
    ],
    ids=["two", "none", "broken"],
)
async def test_of_each_accelerator(tmp_path, said, status, gpus):
    program = fake_nvidia_smi(tmp_path, said, status)
    assert await GpuUsage(program=str(program)).each() == gpus


async def test_no_tool_is_no_accelerator():
    assert await GpuUsage(program="/nowhere/nvidia-smi").each() == []
