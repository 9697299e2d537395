"""Has the hub start what the queue lets begin, follows it until it runs, and clears away what has ended.

Several processes may do so at once, and each may end at any moment: what a run's row says is all they know.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor

from mlabs_ext.errors import TooMany, Unavailable, Unusable
from mlabs_ext.service.batch_queue import BatchQueue, Place
from mlabs_ext.service.hub import HubClient
from mlabs_ext.service.rounds import Rounds

# Seconds between two questions about a server that starts.
ASK = 1.0
# The longest wait in seconds before a hub that does not answer is asked again.
PAUSE = 60.0
log = logging.getLogger("mlabs.batches")


class BatchLoop(Rounds):
    """One task for each run that is started or cleared away just now."""

    log = log
    what = "The queue of batch runs"

    def __init__(self, queue: BatchQueue, hub: HubClient, pool: Executor):
        super().__init__(queue.store, pool)
        self.queue, self.hub = queue, hub

    @property
    def interval(self) -> float:
        """As set for the queue."""
        return self.queue.interval

    async def round(self) -> None:
        """Begin all that is to be done now and is not under way."""
        if await self._run(self.queue.rests):
            return
        await self._run(self.queue.drop_deleted)
        for place in await self._run(self.queue.claim):
            self._begin(place, self._start)
        for place in await self._run(self.queue.starting):
            self._begin(place, self._start)
        for place in await self._run(self.queue.unresponsive):
            self._begin(place, self._stop)
        for place in await self._run(self.queue.ended):
            self._begin(place, self._clear)

    def _begin(self, place: Place, work: Callable[[Place], Awaitable[None]]) -> None:
        self.begin(place.run, self._until_done, place, work)

    async def _until_done(self, place: Place, work: Callable[[Place], Awaitable[None]]) -> None:
        """Do it; what fails is begun again by a later round, after a pause."""
        try:
            await work(place)
        except self.passing as error:
            log.warning("The server of run %s of %s: %s", place.run, place.user, error)
            await asyncio.sleep(min(PAUSE, 5 * self.queue.interval))

    async def _start(self, place: Place) -> None:
        """Have the server started, and look after it until the run begins or never will."""
        try:
            state = await self.hub.state(place.user, place.server)
            if state is None or state.gone:
                await self.hub.start(place.user, place.server, place.options)
        except TooMany as error:
            seconds = float((error.detail or {}).get("retry_after", 0))
            await self._run(self.queue.again, place.run, seconds, False)
        except Unusable as error:
            await self._run(self.queue.refused, place.run, error.message)
        except Unavailable as error:
            log.warning("Run %s of %s waits on: %s", place.run, place.user, error.message)
            counts = error.code in ("hub_says", "hub_refuses")
            await self._run(self.queue.again, place.run, 0, counts, error.message)
        else:
            await self._follow(place)

    async def _follow(self, place: Place) -> None:
        up: float | None = None
        while await self._run(self.queue.is_starting, place.run):
            state = await self._state(place)
            if state == "gone":
                await self._failed(place)
                return
            up = (up or time.monotonic()) if state == "ready" else None
            if up and time.monotonic() - up > self.queue.alive_within:
                await self._run(self.queue.lost, place.run)
                await self._clear(place)
                return
            await asyncio.sleep(ASK)

    async def _state(self, place: Place) -> str:
        """How far the start is, as far as the hub says."""
        try:
            state = await self.hub.state(place.user, place.server)
        except Unavailable:
            return "unknown"
        if state is None or state.gone:
            return "gone"
        return "ready" if state.ready else "pending"

    async def _failed(self, place: Place) -> None:
        """A start that came to nothing: with the hub's reason, or where it has none, once more."""
        why = await self.hub.why(place.user, place.server)
        if why:
            await self._run(self.queue.refused, place.run, why)
        else:
            await self._run(self.queue.again, place.run)

    async def _stop(self, place: Place) -> None:
        log.info("Run %s of %s does not end by itself: its server is stopped", place.run, place.user)
        await self.hub.stop(place.user, place.server)

    async def _clear(self, place: Place) -> None:
        await self.hub.remove(place.user, place.server)
        await self._run(self.queue.settle, place.run)
