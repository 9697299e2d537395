"""Stops the servers whose time is over, for as long as it takes; several processes may do so at once."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar

from mlabs_ext.errors import MLabsError
from mlabs_ext.service.servers import Overdue, Servers
from mlabs_ext.service.stops import Stops

T = TypeVar("T")
# The longest wait in seconds before a hub that does not answer is asked again.
PAUSE = 60
log = logging.getLogger("mlabs.enforcement")


class Enforcement:
    """Looks at the ledger every few seconds, and asks the hub to stop what is overdue."""

    def __init__(self, servers: Servers, stops: Stops, pool: Executor):
        self.servers, self.stops, self.pool = servers, stops, pool
        self.under_way: dict[str, asyncio.Task[None]] = {}
        self.failures: Counter[str] = Counter()

    async def watch(self) -> None:
        """Go on for ever; a round that fails is logged, and the next one tries again."""
        try:
            while True:
                try:
                    await self.round()
                except (OSError, MLabsError, self.servers.store.Error):
                    log.exception("The servers whose time is over could not be looked up")
                await asyncio.sleep(self.servers.check_interval)
        finally:
            await self.close()

    async def round(self) -> None:
        """Begin to stop what is overdue, unless that is under way."""
        for server in await self._run(self.servers.overdue):
            if server.id not in self.under_way:
                self.under_way[server.id] = asyncio.create_task(self._stop(server))

    async def close(self) -> None:
        """Wait for none of the stops: the hub finishes them, and the next process looks again."""
        tasks = list(self.under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _stop(self, server: Overdue) -> None:
        try:
            if await self._run(self.servers.condemn, server.id, server.reason):
                await self._ask(server)
            self.failures.pop(server.id, None)
        except (OSError, MLabsError, self.servers.store.Error) as error:
            log.warning("%s of %s is not stopped yet: %s", server.name, server.user, error)
            self.failures[server.id] += 1
            await asyncio.sleep(min(PAUSE, 2 ** self.failures[server.id]))
        finally:
            del self.under_way[server.id]

    async def _ask(self, server: Overdue) -> None:
        fields = {"user": server.user, "server": server.name, "id": server.id, "reason": server.reason}
        log.info("Stopping %s of %s: %s", server.name, server.user, server.reason, extra={"fields": fields})
        while not await self.stops.stop(server.user, server.name, self.servers.check_interval):
            pass
        await self._run(self.servers.gone, server.id)

    async def _run(self, rule: Callable[..., T], *args: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.pool, rule, *args)
