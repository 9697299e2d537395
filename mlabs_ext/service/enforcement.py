"""Stops the servers whose time is over, for as long as it takes; several processes may do so at once."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from concurrent.futures import Executor

from mlabs_ext.service.rounds import Rounds
from mlabs_ext.service.servers import Overdue, Servers
from mlabs_ext.service.stops import Stops

# The longest wait in seconds before a hub that does not answer is asked again.
PAUSE = 60
log = logging.getLogger("mlabs.enforcement")


class Enforcement(Rounds):
    """Looks at the ledger every few seconds, and asks the hub to stop what is overdue."""

    log = log
    what = "The servers whose time is over"

    def __init__(self, servers: Servers, stops: Stops, pool: Executor):
        super().__init__(servers.store, pool)
        self.servers, self.stops = servers, stops
        self.failures: Counter[str] = Counter()

    @property
    def interval(self) -> float:
        """As set for the ledger."""
        return self.servers.check_interval

    async def round(self) -> None:
        """Begin to stop what is overdue, unless that is under way."""
        for server in await self._run(self.servers.overdue):
            self.begin(server.id, self._stop, server)

    async def _stop(self, server: Overdue) -> None:
        try:
            if await self._run(self.servers.condemn, server.id, server.reason):
                await self._ask(server)
            self.failures.pop(server.id, None)
        except self.passing as error:
            log.warning("%s of %s is not stopped yet: %s", server.name, server.user, error)
            self.failures[server.id] += 1
            await asyncio.sleep(min(PAUSE, 2 ** self.failures[server.id]))

    async def _ask(self, server: Overdue) -> None:
        fields = {"user": server.user, "server": server.name, "id": server.id, "reason": server.reason}
        log.info("Stopping %s of %s: %s", server.name, server.user, server.reason, extra={"fields": fields})
        while not await self.stops.stop(server.user, server.name, self.servers.check_interval):
            pass
        await self._run(self.servers.gone, server.id)
