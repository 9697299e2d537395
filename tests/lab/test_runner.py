"""A batch run from its order to the end of its server: with the real service, and a real server for each."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from lab.user_server import UserServer

# The harness of the service's own tests.
from service.conftest import migrated, site, start_site
from support.waiting import eventually

from mlabs_ext import names

__all__ = ["migrated", "site", "start_site"]

OPTIONS = ("--Runner.poll_interval=0.2", "--Runner.interrupt_patience=1")
TESTS = Path(__file__).parents[1]
SLEEPS = "import time\nprint('begun', flush=True)\ntime.sleep(60)"
DEAF = """import signal, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
print('begun', flush=True)
end = time.monotonic() + 60
while time.monotonic() < end:
    time.sleep(0.1)"""


def document(*cells: Any) -> dict[str, Any]:
    """A notebook of code cells, each its source, or its source and tags."""
    made = []
    for n, cell in enumerate(cells):
        source, *tags = cell if isinstance(cell, tuple) else (cell,)
        made.append(
            {
                "cell_type": "code", "id": f"cell-{n}", "metadata": {"tags": tags}, "source": source,
                "outputs": [], "execution_count": None,
            }
        )  # fmt: skip
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": made}


class LabServer(UserServer):
    """A server of the lab, or of its run, by the name that the hub gives it."""

    def environment(self) -> dict[str, str]:
        name = names.run_server(self.run) if self.run else names.server_name(self.lab_name)
        return super().environment() | {"JUPYTERHUB_SERVER_NAME": name}

    @property
    def lab_name(self) -> str:
        return self.lab.partition("/")[2]

    @property
    def outbox(self) -> Path:
        return self.root / ".mlabs" / "outbox" / names.server_name(self.lab_name)


class Batch:
    """A batch run that was asked for and claimed, and the server that the hub would start for it."""

    def __init__(self, site, home, *cells: Any, **fields: Any):
        self.site, self.ada = site, site.as_("ada")
        name = f"digits-{len(list(home.iterdir()))}"
        ok(self.ada.post("api/v1/labs", json={"name": name, "notebook": document(*cells)}))
        run = ok(self.ada.post(f"api/v1/labs/ada/{name}/runs", json=fields), 202)
        assert run["status"] == "queued"
        self.id = run["id"]
        assert self.id in [place.run for place in site.service.batch_queue.claim()]
        self.server = LabServer(home / name, site.url, lab=f"ada/{name}", options=OPTIONS)
        self.server.token, self.server.run = "ada-token", self.id

    @property
    def folder(self):
        return self.server.root / ".mlabs" / "runs" / self.id

    async def start(self) -> None:
        await self.server.start()

    async def ended(self) -> dict[str, Any]:
        """Wait for the server to end by itself; the run."""
        await asyncio.wait_for(self.server.process.wait(), 60)
        assert not self.folder.exists()
        assert not self.server.kept_runs()
        return await self.look()

    async def go(self) -> dict[str, Any]:
        await self.start()
        return await self.ended()

    async def look(self) -> dict[str, Any]:
        return ok(await asyncio.to_thread(self.ada.get, f"api/v1/runs/{self.id}"))

    async def events(self) -> list[dict[str, Any]]:
        asked = {"params": {"limit": 1000}, "headers": {"Accept": "application/json"}}
        return ok(await asyncio.to_thread(self.ada.get, f"api/v1/runs/{self.id}/events", **asked))["items"]

    async def printed(self) -> str:
        outputs = [event["data"]["output"] for event in await self.events() if event["type"] == "output"]
        return "".join(output["text"] for output in outputs if output["output_type"] == "stream")

    async def until_printed(self, text: str) -> None:
        for _ in range(600):
            if text in await self.printed():
                return
            await asyncio.sleep(0.1)
        raise AssertionError(self.server.log)


def ok(answer, status: int | None = None) -> Any:
    assert answer.is_success and status in (None, answer.status_code), answer.text
    return answer.json()


@pytest.fixture
async def batch(site, tmp_path):
    """Make batch runs; their servers are stopped at the end."""
    made = []

    def make(*cells: Any, **fields: Any) -> Batch:
        made.append(Batch(site, tmp_path, *cells, **fields))
        return made[-1]

    yield make
    for each in made:
        if each.server.process:
            await each.server.stop()


async def test_a_run_to_its_end(batch):
    """Parameters, tags, the order of cells, their ids, the folder: what a notebook may expect."""
    run = batch(
        ("rate = 0.1\nname = 'none'", "parameters"),
        ("print('skipped')", "skip-execution"),
        "print(rate, name, extra)",
        ("1 / 0", "raises-exception"),
        "",
        "import os\nprint(sorted(os.listdir()), os.listdir('outputs'))\nopen('outputs/x', 'w').write('1')\n"
        "print(open('data/ada/birds/all.csv').read())",
        parameters={"rate": 0.5, "extra": [1, None, {"a": True}]},
    )
    beside = run.server.root / run.server.lab.partition("/")[2]
    (beside / "outputs").mkdir(parents=True)
    (beside / "outputs" / "old").touch()
    (beside / "data.csv").touch()
    sent = {"files": [("file", ("all.csv", b"a,b"))], "data": {"name": "birds"}}
    ok(await asyncio.to_thread(run.ada.post, "api/v1/datasets", **sent))
    attached = f"api/v1/labs/{run.server.lab}/data/ada/birds"
    ok(await asyncio.to_thread(run.ada.put, attached, json={}))
    ended = await run.go()
    assert (ended["status"], ended["reason"], ended["error"]) == ("succeeded", None, None)
    assert (ended["kind"], ended["cells"], ended["parameters"]["rate"]) == ("batch", 5, 0.5)
    assert ended["duration"] > 0
    events = await run.events()
    executed = [event["cell"] for event in events if event["type"] == "execute"]
    assert executed == ["cell-0", "injected-parameters", "cell-2", "cell-3", "cell-5"]
    assert [event["data"]["status"] for event in events if event["type"] == "done"] == [
        *("ok", "ok", "ok", "error", "ok")
    ]
    assert await run.printed() == "0.5 none [1, None, {'a': True}]\n['data', 'data.csv', 'outputs'] []\na,b\n"
    assert sorted(path.name for path in beside.iterdir()) == ["data", "data.csv", "outputs"]
    assert [path.name for path in (beside / "outputs").iterdir()] == ["old"]
    kept = ok(await asyncio.to_thread(run.ada.get, f"api/v1/runs/{run.id}/outputs"))["items"]
    assert [(asset["path"], asset["size"]) for asset in kept] == [("x", 1)]
    assert [event["type"] for event in events][-2:] == ["asset", "end"]


async def test_what_is_seen_of_it_besides_its_outputs(batch):
    """Packages, use and event files, as of any run; those of the lab's folder are not its own."""
    cell = f"""import sys, time
from pathlib import Path
sys.path.insert(0, {str(TESTS)!r})
from support.event_files import event, simple, version, write
now = time.time()
write(Path("runs/events.out.tfevents.1"), version(now), event(now, 1, simple("loss", 0.5)))
time.sleep(2)"""
    run = batch(cell)
    run.server.unobserved = False
    ended = await run.go()
    assert ended["status"] == "succeeded"
    told = {event["type"]: event["data"] for event in await run.events()}
    assert told["metric"]["values"] == {"loss": 0.5}
    assert ended["resources"]["memory_peak"] > 10_000_000
    packages = ok(await asyncio.to_thread(run.ada.get, f"api/v1/runs/{run.id}/packages"))["packages"]
    assert packages["ipykernel"]


@pytest.mark.parametrize(
    ("cell", "status", "reason", "ename"),
    [
        pytest.param("1 / 0", "failed", "raised", "ZeroDivisionError", id="raised"),
        pytest.param("raise MemoryError()", "failed", "out_of_memory", "MemoryError", id="no memory"),
        pytest.param("import os\nos.abort()", "failed", "crashed", "KernelDied", id="crashed"),
    ],
)
async def test_one_that_fails(batch, cell, status, reason, ename):
    run = batch("print('kept')", cell, "print('never')")
    ended = await run.go()
    assert (ended["status"], ended["reason"]) == (status, reason)
    assert (ended["error"]["ename"], ended["error"]["cell"], ended["cells"]) == (ename, "cell-1", 2)
    assert await run.printed() == "kept\n"


@pytest.mark.parametrize("cell", [pytest.param(SLEEPS, id="at once"), pytest.param(DEAF, id="when killed")])
async def test_its_time_limit(batch, cell):
    run = batch("print('kept')", cell, timeout=4)
    ended = await run.go()
    assert (ended["status"], ended["reason"]) == ("failed", "timeout")
    assert await run.printed() == "kept\nbegun\n"


@pytest.mark.parametrize("cell", [pytest.param(SLEEPS, id="at once"), pytest.param(DEAF, id="when killed")])
async def test_stopped_by_its_owner(batch, cell):
    run = batch(cell, "print('never')")
    await run.start()
    await run.until_printed("begun")
    asked = ok(await asyncio.to_thread(run.ada.post, f"api/v1/runs/{run.id}/stop"), 202)
    assert (asked["status"], asked["stopping"]) == ("running", True)
    ended = await run.ended()
    assert (ended["status"], ended["reason"], ended["error"]) == ("stopped", "stopped", None)
    assert await run.printed() == "begun\n"


async def test_stopped_before_its_server_came(batch):
    run = batch("print('never')")
    stopped = ok(await asyncio.to_thread(run.ada.post, f"api/v1/runs/{run.id}/stop"), 202)
    assert (stopped["status"], stopped["ended"] is not None) == ("stopped", True)
    assert (await run.go()) == stopped
    assert await run.events() == []


async def test_its_server_is_told_to_end(batch):
    run = batch("print('kept')", SLEEPS)
    await run.start()
    await run.until_printed("begun")
    await run.server.stop()
    ended = await run.ended()
    assert (ended["status"], ended["reason"]) == ("stopped", "stopped")
    assert [event["data"]["status"] for event in await run.events() if event["type"] == "done"] == [
        "ok",
        "aborted",
    ]


async def test_what_a_killed_server_leaves_is_delivered_by_the_next_of_the_lab(batch, site):
    run = batch("print('kept')", SLEEPS)
    await run.start()
    await run.until_printed("begun")
    await run.server.kill()
    assert (await run.look())["status"] == "running"
    run.server.run = ""
    await run.server.start()
    for _ in range(200):
        if (ended := await run.look())["ended"]:
            break
        await asyncio.sleep(0.1)
    assert (ended["status"], ended["reason"]) == ("lost", "lost")
    assert await run.printed() == "kept\nbegun\n"


async def test_an_empty_notebook(batch):
    empty = await batch().go()
    assert (empty["status"], empty["cells"]) == ("succeeded", 0)


async def test_its_server_leads_to_its_page(batch):
    run = batch(SLEEPS)
    await run.start()
    for path in ("mlabs/api/run", f"mlabs/api/open?lab={run.server.lab}", "mlabs/api/run"):
        answer = await run.server.request("GET", path)
        assert answer.code == 302
    assert answer.headers["Location"] == f"/services/mlabs/@{run.server.lab}/runs/{run.id}"
    await run.until_printed("begun")
    await run.server.stop()


async def test_the_service_is_away_when_it_ends(batch, site):
    """All of it waits in the outbox, and the server with it."""
    run = batch("print('begun', flush=True)\nimport time\ntime.sleep(1.5)\nprint('done')")
    await run.start()
    await run.until_printed("begun")
    port = site.service.sockets[0].getsockname()[1]
    asyncio.run_coroutine_threadsafe(close(site.service), site.loop).result(20)
    await eventually(lambda: "does not answer" in run.server.log)
    assert run.server.process.returncode is None
    asyncio.run_coroutine_threadsafe(reopen(site.service, port), site.loop).result(20)
    ended = await run.ended()
    assert (ended["status"], await run.printed()) == ("succeeded", "begun\ndone\n")


async def close(service) -> None:
    service.server.stop()
    await service.server.close_all_connections()


async def reopen(service, port: int) -> None:
    service.listen = f"http://127.0.0.1:{port}"
    service.start()
