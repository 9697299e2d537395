"""The queue for accelerators: who gets one, who waits how long, and what the service is told of it."""

import asyncio
from collections import Counter
from datetime import UTC, datetime

import pytest
from support.fake_gpus import FakeGpus, Person, ids, person
from support.runtime_service import TOKEN, StandIn
from support.waiting import eventually

from mlabs_ext import wire
from mlabs_spawner import gpu_news as module
from mlabs_spawner.gpu_queue import PATIENCE
from mlabs_spawner.options import Refused
from mlabs_spawner.service import Service

UNKNOWN = "how long is not known yet, for nobody gave one back lately"


async def test_each_gets_one_of_its_own_and_the_next_waits_for_it():
    gpus = FakeGpus(2)
    ada, bob, eve = (Person(gpus, name, name) for name in ("ada", "bob", "eve"))
    assert {await ada.turn(), await bob.turn()} == set(ids(2))
    assert await eve.turn() is None
    assert eve.heard == [f"Waiting for a GPU: {UNKNOWN}; nobody before you"]
    gpus.release("ada")
    assert await eve.turn() == await ada.turn()


async def test_one_may_be_shared():
    gpus = FakeGpus(2, per_gpu=2)
    people = [Person(gpus, "ada", str(n)) for n in range(5)]
    assert Counter([await one.turn() for one in people]) == {**dict.fromkeys(ids(2), 2), None: 1}


async def test_asking_and_giving_back_twice_is_the_same_as_once():
    gpus = FakeGpus(1)
    assert await gpus.acquire("a", person("ada"), print) == await gpus.acquire("a", person("ada"), print)
    waiting = Person(gpus, "bob", "b"), Person(gpus, "eve", "e")
    await waiting[0].turn()
    gpus.release("a")
    gpus.release("a")
    assert (await waiting[0].turn(), await waiting[1].turn()) == (ids(1)[0], None)
    gpus.release("e")
    gpus.release("nobody")
    assert list(gpus.queue.holders) == ["b"]


async def test_who_has_many_does_not_keep_others_waiting():
    gpus = FakeGpus(1)
    hog = [Person(gpus, "hog", f"hog{n}") for n in range(20)]
    await hog[0].turn()
    ada = Person(gpus, "ada", "ada")
    assert await ada.turn() is None
    assert ada.heard == [f"Waiting for a GPU: {UNKNOWN}; nobody before you"]
    gpus.release("hog0")
    assert await ada.turn()
    assert [await one.turn() for one in hog[1:]] == [None] * 19
    gpus.release("ada")
    assert await hog[1].turn()


async def test_who_is_overtaken_again_and_again_has_a_turn():
    gpus = FakeGpus(2)
    held, hog = Person(gpus, "hog", "held"), Person(gpus, "other", "other")
    await held.turn()
    hog, before, turns = Person(gpus, "hog", "hog"), "other", 0
    await hog.turn()
    while not await hog.turn():
        # Somebody new comes whenever a place becomes free: all of them hold nothing, the hog holds one.
        new = Person(gpus, f"new{turns}", f"new{turns}")
        await new.turn()
        gpus.release(before)
        before, turns = new.key, turns + 1
        assert turns <= PATIENCE + 1
    assert turns == PATIENCE + 1


@pytest.mark.parametrize("given", [False, True], ids=["while it waits", "when it was just given"])
async def test_who_gives_up_leaves_nothing(given):
    gpus = FakeGpus(1)
    holder, waiter, last = (Person(gpus, name, name) for name in ("ada", "bob", "eve"))
    await holder.turn(), await waiter.turn(), await last.turn()
    if given:
        gpus.release("ada")
        assert "bob" in gpus.queue.holders
    waiter.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiter.task
    assert (await last.turn() is not None) == given
    assert set(gpus.queue.holders) | set(gpus.queue.waiting) == ({"eve"} if given else {"ada", "eve"})


async def test_who_waits_too_long_is_told_to_come_again(clock):
    gpus = FakeGpus(1, queue_timeout=0)
    await gpus.acquire("a", person("ada"), print)
    with pytest.raises(Refused, match="No GPU became free in time") as raised:
        await gpus.acquire("b", person("bob"), print)
    assert (raised.value.status_code, raised.value.headers) == (503, {"Retry-After": "60"})
    assert not gpus.queue.waiting


async def test_what_was_held_before_a_restart_is_held_still():
    gpus = FakeGpus(2)
    gpus.claim("old", person("ada"), ids(2)[1], 1_000.0)
    assert await gpus.acquire("a", person("bob"), print) == ids(2)[0]
    waiter = Person(gpus, "eve", "e")
    assert await waiter.turn() is None
    gpus.release("old")
    assert await waiter.turn() == ids(2)[1]


async def test_one_that_was_taken_out_of_the_inventory_is_not_given_out_again():
    gpus = FakeGpus(1)
    gpus.claim("old", person("ada"), "GPU-taken-out")
    waiter = Person(gpus, "eve", "e")
    assert await waiter.turn() is None
    gpus.release("old")
    assert await waiter.turn() == ids(1)[0]


async def test_how_long_it_may_take(clock):
    gpus = FakeGpus(2)
    assert gpus.expected(2) == [None, None]
    await gpus.acquire("a", person("ada"), print)
    clock.now += 600
    gpus.release("a")
    await gpus.acquire("b", person("bob"), print)
    clock.now += 300
    await gpus.acquire("c", person("cyd"), print)
    assert gpus.expected(4) == [300, 600, 900, 1200]
    waiting = [Person(gpus, name, name) for name in ("dan", "eve")]
    assert [await one.turn() for one in waiting] == [None, None]
    assert waiting[0].heard[-1] == "Waiting for a GPU: about 5 minutes; nobody before you"
    assert waiting[1].heard[-1] == "Waiting for a GPU: about 10 minutes; 1 person before you"
    # One's own requests are nobody before oneself.
    again = Person(gpus, "dan", "dan again")
    await again.turn()
    assert again.heard == ["Waiting for a GPU: about 15 minutes; 1 person before you"]
    # Kept far longer than others kept theirs: it may be over at any time.
    clock.now += 100_000
    assert gpus.expected(2) == [150, 150]


async def test_how_long_each_waited_is_kept_for_the_next_hub(clock, tmp_path):
    record = str(tmp_path / "gpu-times.json")
    gpus = FakeGpus(1, record=record)
    await gpus.acquire("a", person("ada"), print)
    waiter = Person(gpus, "bob", "b")
    await waiter.turn()
    clock.now += 240
    gpus.release("a")
    await waiter.turn()
    after = FakeGpus(1, record=record)
    after.claim("b", person("bob"), ids(1)[0], clock.now)
    assert after.expected(1) == [240]
    since = datetime.fromtimestamp(clock.now, UTC)
    assert after.report().waits == wire.HubWaits([since], usual_use=240, usual_wait=240)


async def test_the_service_is_told_again_while_one_is_held(monkeypatch):
    monkeypatch.setattr(module, "STATUS_INTERVAL", 0.02)
    monkeypatch.setattr(module, "STATUS_REPEAT", 0.1)
    with StandIn() as stand_in:
        gpus = FakeGpus(1, service=Service(stand_in.url, TOKEN, 5, None))
        await gpus.acquire("a", person("ada"), print)
        for _ in range(3):
            await eventually(lambda: stand_in.status)
            stand_in.status = None
        gpus.release("a")
        await eventually(gpus.news.task.done)


async def test_the_service_is_told_without_anybody_waiting(monkeypatch):
    monkeypatch.setattr(module, "STATUS_INTERVAL", 0.05)
    with StandIn() as stand_in:
        gpus = FakeGpus(1, service=Service(stand_in.url, TOKEN, 5, None), per_gpu=1)
        await gpus.acquire("a", person("ada"), print)
        waiter = Person(gpus, "bob", "b")
        while not (stand_in.status and stand_in.status["queue"]):
            await asyncio.sleep(0.02)
        assert stand_in.status["gpus"] == [
            {
                "id": ids(1)[0],
                "name": "GPU",
                "memory": None,
                "holders": [{"user": "ada", "lab": "ada/lab"}],
                "shares": 1,
            }
        ]
        assert [(one["user"], one["position"]) for one in stand_in.status["queue"]] == [("bob", 1)]
        gpus.release("a")
        await waiter.turn()
        while stand_in.status["queue"]:
            await asyncio.sleep(0.02)
    gpus.release("b")


async def test_nor_does_it_matter_that_the_service_is_away():
    gpus = FakeGpus(1, service=Service("http://127.0.0.1:1/", TOKEN, 1, None))
    assert await gpus.acquire("a", person("ada"), print)
    await asyncio.sleep(0.05)
    report = gpus.report()
    assert (report.gpus, report.queue) == ([wire.HubGpu(ids(1)[0], "GPU", None, [person("ada")], 1)], [])
    assert len(report.waits.held_since) == 1
