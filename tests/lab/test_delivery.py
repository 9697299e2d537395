"""The way from the outbox to the service, with a real client and a stand-in for the service."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from lab.fake_service import FakeService
from support.waiting import eventually
from traitlets.config import Config

from mlabs_ext.errors import Forbidden, TooLarge, Unusable
from mlabs_ext.lab.client import Client
from mlabs_ext.lab.delivery import Delivery
from mlabs_ext.lab.outbox import Outbox
from mlabs_ext.service.run_events import checked
from mlabs_ext.wire import RunCreate, RunEvents

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def run_id(n: int) -> str:
    return f"01K{n:023d}"


class Desk:
    """An outbox, its delivery and a service; `add` writes to runs by number."""

    def __init__(self, directory, **config: Any):
        self.service = FakeService()
        self.directory = directory
        self.config = Config(**config)
        self.tasks: list[asyncio.Task] = []

    async def open(self) -> Desk:
        if not self.service.port:
            await self.service.up()
            self.service.add_lab("ada/mnist")
        self.client = Client(config=self.config, url=self.service.url, token="owner-token")
        self.outbox = Outbox(config=self.config, directory=str(self.directory))
        self.delivery = Delivery(config=self.config, outbox=self.outbox, client=self.client)
        await self.outbox.adopt()
        self.tasks = [asyncio.create_task(self.delivery.run())]
        return self

    async def close(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.outbox.close()
        self.client.close()

    def begin(self, n: int, lab: str = "ada/mnist") -> None:
        self.outbox.start(RunCreate(run_id(n), lab, NOW, "python"), "mnist/mnist.ipynb")

    def add(self, n: int, kind: str, **data: Any) -> None:
        self.outbox.add(run_id(n), kind, NOW, None, data)
        self.outbox.commit()

    def output(self, n: int, text: str, name: str = "stdout") -> None:
        self.add(n, "output", execution="a", output={"output_type": "stream", "name": name, "text": text})

    def end(self, n: int) -> None:
        self.add(n, "end", status="succeeded")


@pytest_asyncio.fixture
async def desk(tmp_path, request):
    desk = Desk(tmp_path / "outbox", **getattr(request, "param", {}))
    yield await desk.open()
    await desk.close()
    await desk.service.down()


async def test_delivered_runs_leave_nothing(desk):
    desk.begin(1)
    for n in range(3000):
        desk.output(1, f"{n} ", ("stdout", "stderr")[n % 2])
    desk.end(1)
    await eventually(desk.service.ended)
    await eventually(lambda: not desk.outbox.runs)
    assert desk.service.printed(run_id(1)) == "".join(f"{n} " for n in range(3000))
    assert max(desk.service.batches) <= 1000
    await eventually(lambda: not list(desk.directory.glob("*/*/run.json")))


async def test_flush_says_whether_it_could(desk):
    desk.begin(1)
    desk.output(1, "a")
    assert await desk.delivery.flush(5)
    assert desk.service.printed(run_id(1)) == "a"
    await desk.service.down()
    desk.output(1, "b")
    begun = asyncio.get_running_loop().time()
    assert not await desk.delivery.flush(5)
    assert asyncio.get_running_loop().time() - begun < 3
    await desk.service.up()


@pytest.mark.parametrize("desk", [{"Delivery": {"heartbeat": 0.2}}], indirect=True)
async def test_open_runs_are_reported_as_alive(desk):
    desk.begin(1)
    desk.output(1, "a")
    await eventually(lambda: desk.service.beats >= 2)
    assert len(desk.service.events[run_id(1)]) == 1


async def test_who_watches_is_known_with_each_acknowledgement(desk):
    desk.service.watching[run_id(1)] = 3
    desk.begin(1)
    desk.output(1, "a")
    await eventually(lambda: desk.outbox.runs[run_id(1)].watching == 3)
    desk.service.watching.clear()
    desk.output(1, "b")
    await eventually(lambda: desk.outbox.runs[run_id(1)].watching == 0)


async def test_a_batch_that_is_too_large_is_cut(desk):
    def small(path: str, body: bytes) -> TooLarge | None:
        return TooLarge("Too large.") if path.endswith("/events") and len(body) > 3000 else None

    desk.service.fault = small
    desk.begin(1)
    for n in range(40):
        desk.output(1, "x" * 300, ("stdout", "stderr")[n % 2])
    desk.output(1, "y" * 5000)
    desk.end(1)
    await eventually(desk.service.ended)
    assert desk.service.printed(run_id(1)).startswith("x" * 12_000)
    assert "left out" in desk.service.printed(run_id(1))


def strict(path: str, body: bytes) -> Unusable | None:
    """What the service says of the first step in a batch that it does not take."""
    for event in msgspec.json.decode(body, type=RunEvents).events if path.endswith("/events") else ():
        try:
            checked(event)
        except Unusable as error:
            return error
    return None


async def test_a_step_that_is_refused_costs_no_other(desk):
    desk.service.fault = strict
    desk.begin(1)
    desk.add(1, "execute", execution="a", code="1", execution_count=-1)
    desk.add(1, "metric", values={f"m{n}": n for n in range(201)}, step=1)
    desk.add(1, "metric", values={"a": 1}, step=2**53)
    desk.output(1, "printed")
    desk.add(1, "output", execution="a", output={"output_type": "hologram"})
    desk.add(1, "metric", values={"loss": 0.5}, step=1)
    desk.add(1, "end", status="failed", reason="the moon")
    await eventually(desk.service.ended)
    events = desk.service.events[run_id(1)]
    assert [event.type for event in events] == [
        "execute", "update", "update", "output", "output", "metric", "end"
    ]  # fmt: skip
    begun, names, step, _, shown, _, end = (event.data for event in events)
    assert (begun["execution"], end) == ("a", {"status": "failed"})
    for note in (begun["code"], names["data"]["text/plain"], step["data"]["text/plain"]):
        assert "is missing" in note
        assert "does not fit" in note
    assert shown["output"]["text"].startswith("[MLabs: a step of this run (output) is missing")
    await eventually(lambda: not desk.outbox.runs)
    assert not (desk.directory / "rejected").exists()


async def test_many_steps_that_are_refused(desk):
    desk.service.fault = strict
    desk.begin(1)
    for _ in range(300):
        desk.add(1, "metric", values={"": 1}, step=1)
    desk.end(1)
    await eventually(desk.service.ended)
    assert len(desk.service.events[run_id(1)]) == 301


@pytest.mark.parametrize("kind", [Unusable, TooLarge])
async def test_a_refusal_that_names_no_step_costs_one_too(desk, kind):
    desk.service.fault = lambda path, body: kind("No.") if b"poison" in body else None
    desk.begin(1)
    for n in range(20):
        desk.add(1, "metric", values={"poison" if n == 7 else "a": n}, step=n)
    desk.end(1)
    await eventually(desk.service.ended)
    types = [event.type for event in desk.service.events[run_id(1)]]
    assert (types.index("update"), types.count("update"), len(types)) == (7, 1, 21)


async def test_a_run_of_which_nothing_is_taken_is_put_aside(desk):
    desk.service.fault = lambda path, body: Unusable("No.") if b'"seq"' in body else None
    desk.begin(1)
    desk.output(1, "a")
    desk.end(1)
    await eventually(lambda: not desk.outbox.runs)
    assert (desk.directory / "rejected" / run_id(1) / "reason.json").exists()


@pytest.mark.parametrize("desk", [{"Delivery": {"longest_pause": 0.2}}], indirect=True)
async def test_a_token_that_is_refused_may_be_renewed(desk):
    desk.service.fault = lambda path, body: Forbidden("No.")
    desk.begin(1)
    desk.end(1)
    await asyncio.sleep(0.8)
    assert desk.outbox.runs
    desk.service.fault = lambda path, body: None
    await eventually(desk.service.ended)


async def test_a_page_of_another_program_rejects_nothing(desk):
    await desk.service.down()
    await desk.service.up_as_another_program()
    desk.begin(1)
    desk.end(1)
    await asyncio.sleep(1)
    assert desk.outbox.runs
    await desk.service.down()
    await desk.service.up()
    await eventually(desk.service.ended)


async def test_a_deleted_outbox_folder_is_no_end(desk):
    import shutil

    desk.begin(1)
    desk.output(1, "a")
    await desk.delivery.flush(5)
    shutil.rmtree(desk.outbox._own / run_id(1))
    desk.begin(2)
    desk.end(1)
    desk.end(2)
    await eventually(lambda: run_id(2) in desk.service.ended())


async def test_what_another_process_left_is_taken_over_once_it_is_gone(desk):
    await desk.service.down()
    other = Desk(desk.directory)
    other.service = desk.service
    await other.open()
    other.begin(7)
    other.output(7, "theirs")
    await other.outbox.settle()
    await desk.outbox.adopt()
    assert run_id(7) not in desk.outbox.runs
    await other.close()
    await desk.outbox.adopt()
    await desk.service.up()
    await eventually(lambda: desk.service.ended() == {run_id(7): "lost"})


async def test_rejected_runs_do_not_pile_up(desk):
    del desk.service.labs["ada/mnist"]
    for n in range(30):
        desk.begin(n)
        desk.end(n)
    await eventually(lambda: not desk.outbox.runs)
    await eventually(lambda: len(list((desk.directory / "rejected").iterdir())) == 20)
