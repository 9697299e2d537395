"""Addresses in the labs' network: any that is free, and words where none is."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from support.waiting import eventually

from mlabs_spawner.network import NetworkFailed, Place
from mlabs_spawner.warm import WarmPool


def place(subnet, *taken):
    return Place("0123456789abcdef", "bridge", subnet, "10.1.0.1", frozenset(taken))


@pytest.mark.parametrize(
    ("taken", "free"),
    [
        ((), {2, 3, 4, 5, 6}),
        (("10.1.0.2", "10.1.0.4"), {3, 5, 6}),
        (("10.1.0.1", "10.1.0.2", "10.1.0.3", "10.1.0.4", "10.1.0.5", ""), {6}),
        # What is in it under another subnet's address takes nobody's.
        (("10.9.0.3",), {2, 3, 4, 5, 6}),
    ],
    ids=["nothing is taken", "some", "all but one", "a stranger"],
)
def test_every_free_address_is_chosen_and_no_other(taken, free):
    chosen = {place("10.1.0.0/29", *taken).free_address() for _ in range(300)}
    assert chosen == {f"10.1.0.{number}" for number in free}


@pytest.mark.parametrize(
    ("subnet", "taken"),
    [
        ("10.1.0.0/29", [f"10.1.0.{number}" for number in range(2, 7)]),
        ("10.1.0.0/30", ["10.1.0.2"]),
        ("10.1.0.0/31", []),
        ("10.1.0.0/32", []),
    ],
    ids=["five", "one", "none", "less than none"],
)
def test_a_full_network_says_what_to_do(subnet, taken):
    with pytest.raises(NetworkFailed, match=r"c\.LabNetwork\.subnet = .*docker network rm 0123456789ab$"):
        place(subnet, *taken).free_address()


async def test_a_full_network_does_not_end_the_look_after_waiting_containers(caplog):
    pool = WarmPool(SimpleNamespace(prefix="mlabs"), sizes={"python": 1}, interval=0.01, refill_delay=0)
    looked = []

    async def keep():
        looked.append(1)
        raise NetworkFailed("all is taken")

    pool.keep = keep
    pool.begin()
    try:
        await eventually(lambda: len(looked) > 2 or pool.task.done())
        assert not pool.task.done()
        assert "all is taken" in caplog.text
    finally:
        pool.task.cancel()
        await asyncio.wait([pool.task])
