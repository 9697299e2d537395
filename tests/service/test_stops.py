"""Stops of servers: asked for once, waited for by many, never lost."""

from __future__ import annotations

import asyncio

import pytest

from mlabs_ext.errors import Unavailable
from mlabs_ext.service.stops import Stops


class Hub:
    """Stops what it is told to once `gone` is set; `asked` counts."""

    def __init__(self, error: Exception | None = None):
        self.asked, self.error, self.gone = 0, error, asyncio.Event()

    async def stop(self, user: str, server: str) -> None:
        self.asked += 1
        await self.gone.wait()
        if self.error:
            raise self.error


def test_whoever_asks_waits_for_one_and_the_same_stop():
    async def story() -> None:
        hub = Hub()
        stops = Stops(hub.stop)
        assert await stops.stop("ada", "mnist", 0.01) is False
        assert stops.under_way("ada", "mnist")
        waiting = [asyncio.create_task(stops.stop("ada", "mnist", 20)) for _ in range(5)]
        await asyncio.sleep(0)
        hub.gone.set()
        assert await asyncio.gather(*waiting) == [True] * 5
        assert hub.asked == 1
        assert not stops.under_way("ada", "mnist")
        assert await stops.stop("ada", "mnist", 20) is True
        assert hub.asked == 2

    asyncio.run(story())


def test_what_the_hub_has_against_it_is_told_and_asked_again():
    async def story() -> None:
        hub = Hub(Unavailable("The hub does not answer."))
        hub.gone.set()
        stops = Stops(hub.stop)
        for _ in range(2):
            with pytest.raises(Unavailable):
                await stops.stop("ada", "mnist", 20)
        assert hub.asked == 2

    asyncio.run(story())


def test_a_failure_that_nobody_waited_for_is_no_noise(caplog):
    async def story() -> None:
        hub = Hub(Unavailable("The hub does not answer."))
        stops = Stops(hub.stop)
        assert await stops.stop("ada", "mnist", 0.01) is False
        hub.gone.set()
        while stops.under_way("ada", "mnist"):
            await asyncio.sleep(0)

    asyncio.run(story())
    assert "could not be stopped: The hub does not answer." in caplog.text


def test_closing_waits_for_nothing():
    async def story() -> None:
        stops = Stops(Hub().stop)
        await stops.stop("ada", "mnist", 0.01)
        await asyncio.wait_for(stops.close(), 5)

    asyncio.run(story())
