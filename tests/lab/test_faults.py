"""What must hold when the service, the server or the disk fails in the middle."""

from __future__ import annotations

import asyncio
import json
import shutil

import pytest
from lab.user_server import UserServer
from support.waiting import eventually

from mlabs_ext.errors import MLabsError, NotFound, TooMany, Unusable

pytestmark = pytest.mark.asyncio(loop_scope="module")

COUNT = "import time\nfor n in range(10_000):\n    print(n, flush=True)\n    time.sleep(0.005)"


def numbers(text: str) -> list[int]:
    return [int(line) for line in text.split()]


async def history(server: UserServer, **query: str) -> dict:
    asked = "&".join(f"{key}={value}" for key, value in {"path": "mnist/mnist.ipynb", **query}.items())
    return await server.api("GET", f"mlabs/api/history?{asked}")


async def test_service_down_for_the_whole_run(service, server, notebook):
    await service.down()
    assert await notebook.execute("print('kept')\n1/0", "a") == "error"
    await notebook.shut_down()
    await eventually(lambda: list(server.outbox.glob("*/*/*.jsonl")))
    await asyncio.sleep(0.3)
    page = await history(server)
    assert [(run["status"], run["cells"], run["error"]["ename"]) for run in page["items"]] == [
        ("failed", 1, "ZeroDivisionError")
    ]
    assert "safe" in page["unavailable"]
    await service.up()
    await eventually(service.ended)
    [run] = service.runs
    assert service.ended() == {run: "failed"}
    assert service.printed(run) == "kept\n"
    await eventually(lambda: not server.kept_runs())
    assert [found["id"] for found in (await history(server))["items"]] == [run]


async def test_service_comes_and_goes(service, server, notebook):
    request = notebook.send(
        "import time\nfor n in range(300):\n    print(n, flush=True)\n    time.sleep(0.01)", "a"
    )
    for _ in range(4):
        await asyncio.sleep(0.4)
        await service.down()
        await asyncio.sleep(0.3)
        await service.up()
    await notebook.until(request, "execute_reply")
    await notebook.shut_down()
    await eventually(service.ended)
    [run] = service.runs
    assert numbers(service.printed(run)) == list(range(300))


async def test_server_killed_in_the_middle_of_a_run(service, own_server):
    notebook = await own_server.open_notebook()
    request = notebook.send(COUNT, "a")
    await notebook.until(request, "stream")
    await eventually(lambda: service.events)
    await service.down()
    await asyncio.sleep(1.0)
    await own_server.kill()
    on_disk = {
        event["seq"]: event for file in own_server.outbox.glob("*/*/*.jsonl") for event in events_in(file)
    }
    assert len(on_disk) > 5
    await service.up()
    await own_server.start()
    await eventually(service.ended)
    [run] = service.runs
    assert service.ended() == {run: "lost"}
    delivered = service.events[run]
    assert [event.seq for event in delivered] == list(range(1, len(delivered) + 1))
    assert len(delivered) == max(on_disk) + 1
    assert numbers(service.printed(run)) == list(range(len(numbers(service.printed(run)))))
    for event in delivered[:-1]:
        kept = on_disk.get(event.seq)
        assert kept is None or (kept["type"], kept["data"]) == (event.type, event.data)
    await eventually(lambda: not own_server.kept_runs())


def events_in(file) -> list[dict]:
    lines = file.read_bytes().split(b"\n")[:-1]
    return [json.loads(line) for line in lines]


async def test_server_stopped_in_the_middle_of_a_run(service, own_server):
    notebook = await own_server.open_notebook()
    request = notebook.send(COUNT, "a")
    await notebook.until(request, "stream")
    await asyncio.sleep(0.5)
    await own_server.stop()
    [run] = service.runs
    assert service.ended() == {run: "stopped"}
    assert not own_server.kept_runs()


async def test_server_stopped_while_the_service_is_down(service, own_server):
    notebook = await own_server.open_notebook()
    assert await notebook.execute("1", "a") == "ok"
    await service.down()
    await asyncio.sleep(0.2)
    await own_server.stop()
    assert len(own_server.kept_runs()) == 1
    await service.up()
    await own_server.start()
    await eventually(service.ended)
    assert list(service.ended().values()) == ["succeeded"]


async def test_torn_last_line_is_ignored(service, own_server):
    notebook = await own_server.open_notebook()
    await service.down()
    await notebook.execute("print('whole')", "a")
    file = await eventually(lambda: next(iter(own_server.outbox.glob("*/*/*.jsonl")), None))
    await asyncio.sleep(0.5)
    await own_server.kill()
    with file.open("ab") as torn:
        torn.write(b'{"seq":9999,"type":"output"')
    await service.up()
    await own_server.start()
    await eventually(service.ended)
    assert list(service.ended().values()) == ["lost"]


@pytest.mark.parametrize(
    ("fault", "path", "aside"),
    [
        (NotFound("The lab was deleted.", "lab_not_found"), "runs", True),
        (Unusable("Event 1 does not fit."), "/events", True),
        (TooMany("Slow down.", detail={"retry_after": 0.1}), "/events", False),
        (MLabsError("A bug in the service."), "/events", False),
    ],
    ids=["lab deleted", "unusable", "too many", "internal error"],
)
async def test_a_refused_run_does_not_hold_up_another(service, server, fault, path, aside):
    service.add_lab("ada/other")
    server.write_notebook("else/other.ipynb", ["1"], {"mlabs": {"lab": "ada/other"}})
    refused = await server.open_notebook()

    def refuse(asked: str, body: bytes) -> MLabsError | None:
        return fault if asked.endswith(path) and service.lab_of(asked, body) == "ada/mnist" else None

    service.fault = refuse
    await refused.execute("1", "a")
    await refused.shut_down()
    other = await server.open_notebook("else/other.ipynb")
    await other.execute("1", "a")
    await other.shut_down()
    await eventually(lambda: [service.runs[run].lab for run in service.ended()] == ["ada/other"])
    service.fault = lambda asked, body: None
    reasons = list((server.outbox / "rejected").glob("*/reason.json"))
    assert bool(reasons) == aside
    if aside:
        assert json.loads(reasons[0].read_bytes())["error"]["message"] == fault.message
        shutil.rmtree(server.outbox / "rejected")
    else:
        await eventually(lambda: len(service.ended()) == 2)


async def test_service_that_lost_its_last_events_gets_them_again(service, server, notebook):
    await notebook.execute("print('one')", "a")
    await eventually(
        lambda: any(event.type == "done" for events in service.events.values() for event in events)
    )
    [run] = service.runs
    del service.events[run][1:]
    await notebook.execute("print('two')", "a")
    await notebook.shut_down()
    await eventually(service.ended)
    assert service.printed(run) == "one\ntwo\n"
    assert [event.seq for event in service.events[run]] == list(range(1, 8))
