"""Whether all that the service needs is there: a service that lives may still be of no use."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from functools import partial
from typing import NamedTuple

from mlabs_ext.errors import MLabsError, Unavailable
from mlabs_ext.service.blobs import Blobs
from mlabs_ext.service.hub import HubClient
from mlabs_ext.service.store import Store

# Anybody may ask, as often as they like; for so many seconds they are told the same.
BELIEVED = 2.0
PATIENCE = 10.0


class Part(NamedTuple):
    """Something that is needed; `why` says what is wrong with it, and is empty where nothing is."""

    name: str
    why: str


class Readiness:
    """Asks the database, the blobs and the hub."""

    def __init__(self, store: Store, blobs: Blobs, hub: HubClient, pool: Executor):
        self.store, self.hub = store, hub
        thread = partial(_in_thread, pool)
        self.parts: dict[str, Callable[[], Awaitable[None]]] = {
            "database": partial(thread, store.check),
            "tables": partial(thread, self._tables),
            "blobs": partial(thread, blobs.check),
            "hub": hub.check,
        }
        self.said: list[Part] = []
        self.until = 0.0

    async def check(self) -> list[Part]:
        """What each part says."""
        if time.monotonic() > self.until:
            self.said = await asyncio.gather(*(self._ask(name) for name in self.parts))
            self.until = time.monotonic() + BELIEVED
        return self.said

    async def _ask(self, name: str) -> Part:
        try:
            async with asyncio.timeout(PATIENCE):
                await self.parts[name]()
        except MLabsError as error:
            return Part(name, error.message)
        except TimeoutError:
            return Part(name, f"It did not answer within {PATIENCE:.0f} s.")
        return Part(name, "")

    def _tables(self) -> None:
        if not self.store.is_current():
            raise Unavailable("The tables are not those of this version; restart the service.")


async def _in_thread(pool: Executor, rule: Callable[[], None]) -> None:
    await asyncio.get_running_loop().run_in_executor(pool, rule)
