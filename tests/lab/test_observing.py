"""What is seen of runs besides their outputs, with real kernels: metrics, use, packages, event files."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil
import pytest
import pytest_asyncio
from lab.user_server import UserServer
from support.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")

TESTS = Path(__file__).parents[1]


@pytest_asyncio.fixture(loop_scope="module")
async def observed(service, tmp_path):
    """A tab on a server that observes all there is."""
    options = ("--ResourceUsage.interval=0.2", "--TensorBoard.interval=0.2")
    server = UserServer(tmp_path, service.url, options=options)
    server.unobserved = False
    await server.start()
    yield await server.open_notebook()
    await server.stop()


def told(service, kind: str) -> list[dict]:
    return [event.data for events in service.events.values() for event in events if event.type == kind]


async def test_metrics_are_no_outputs(service, notebook):
    code = (
        "import mlabs\nprint('a')\nfor i in range(3): mlabs.log(loss=1 / (i + 1), step=i)\n"
        "mlabs.log({'val': {'accuracy': 0.5}}, lr=float('nan'))"
    )
    assert await notebook.execute(code, "a") == "ok"
    await notebook.shut_down()
    await eventually(service.ended)
    [events] = service.events.values()
    kinds = [event.type for event in events]
    assert kinds[0] == "execute"
    assert kinds[-2:] == ["done", "end"]
    metrics = [event for event in events if event.type == "metric"]
    assert {event.cell for event in metrics} == {"a"}
    values = {name: value for event in metrics for name, value in event.data["values"].items()}
    assert values == {"loss": pytest.approx(1 / 3), "val/accuracy": 0.5, "lr": "NaN"}
    steps = [
        [step for step, _, _ in event.data.get("points", [])] or [event.data["step"]] for event in metrics
    ]
    assert [step for several in steps for step in several] == [0, 1, 2, None]
    shown = [event.data["output"] for event in events if event.type == "output"]
    assert shown == [{"output_type": "stream", "name": "stdout", "text": "a\n"}]


async def test_a_loop_that_logs_very_often(service, notebook):
    code = "import mlabs\nfor i in range(100_000): mlabs.log(loss=1 / (i + 1), step=i)"
    assert await notebook.execute(code) == "ok"
    await notebook.shut_down()
    await eventually(service.ended)
    metrics = told(service, "metric")
    points = [point for data in metrics for point in data.get("points", [[data["step"], 0, data["values"]]])]
    assert points[0][0] == 0
    assert points[-1][0] == 99_999
    assert len(metrics) < 100
    assert len(points) < 200 * len(metrics)


async def test_a_slow_loop_is_told_of_while_it_runs(service, notebook):
    code = "import mlabs, time\nmlabs.log(a=1)\nmlabs.log(b=2)\ntime.sleep(60)"
    notebook.send(code)
    await eventually(lambda: len(told(service, "metric")) >= 2)
    assert not told(service, "done"), "the second value came without the end of its cell"


async def test_use_and_packages(service, observed):
    code = "x = bytearray(200 << 20)\nfor i in range(len(x) >> 12): x[i << 12] = 1\nsum(range(5_000_000))"
    assert await observed.execute(code) == "ok"
    await eventually(lambda: told(service, "packages"))
    # A reply may be here before the server has heard of the end, and looked at a kernel that lives.
    await eventually(lambda: told(service, "done"))
    await observed.shut_down()
    await eventually(service.ended)
    used = told(service, "usage")[-1]
    assert used["memory_peak"] > 200 << 20
    assert used["memory_peak"] < psutil.virtual_memory().total
    assert 0 < used["cpu_seconds"] < 120
    [packages] = told(service, "packages")
    assert packages["packages"]["ipykernel"]
    assert packages["packages"]["psutil"] == psutil.__version__


async def test_a_child_counts(service, observed):
    code = f"import subprocess\nsubprocess.run([{sys.executable!r}, '-c', 'sum(range(100_000_000))'])"
    assert await observed.execute(code) == "ok"
    await eventually(lambda: told(service, "done"))
    await observed.shut_down()
    await eventually(service.ended)
    assert told(service, "usage")[-1]["cpu_seconds"] > 0.2


async def test_event_files(service, observed):
    code = f"""
import sys, time
sys.path.insert(0, {str(TESTS)!r})
from pathlib import Path
from support.event_files import event, simple, tensor, version, write
now = time.time()
write(Path("runs/one/events.out.tfevents.1"), version(now), event(now - 1e5, 0, simple("old", 1.0)),
      *(event(now, n, simple("loss", 1 / (n + 1))) for n in range(3)))
write(Path("logs/fit/train/events.out.tfevents.2"), event(now, 5, tensor("epoch_loss", 0.25)))
"""
    assert await observed.execute(code) == "ok"
    await eventually(lambda: told(service, "metric"))
    await observed.shut_down()
    await eventually(service.ended)
    values = {name: value for data in told(service, "metric") for name, value in data["values"].items()}
    assert values == {"loss": pytest.approx(1 / 3), "fit/train/epoch_loss": 0.25}
