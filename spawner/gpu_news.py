"""Tells of changes among those who hold accelerators and wait for them: the service, and the next hub."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sized
from logging import Logger, LoggerAdapter

from mlabs_ext import wire
from mlabs_spawner.service import Service, Unreachable

# Seconds after a change in which the line is written down. Who leaves it because the hub ends stays in it.
SOON = 2
STATUS_INTERVAL = 10
# While any is held the service hears of it this often, in seconds: it takes what is older for no news.
STATUS_REPEAT = 60


class GpuNews:
    """`report` says how things are, for the service; `write` keeps who waits, for the next hub.

    `held` has something in it while any is held.
    """

    def __init__(
        self,
        service: Service | None,
        report: Callable[[], wire.HubReport],
        write: Callable[[], None],
        held: Sized,
        log: Logger | LoggerAdapter[Logger],
    ):
        self.service, self.report, self.write, self.held, self.log = service, report, write, held, log
        self.task: asyncio.Task[None] | None = None
        self.writing: asyncio.TimerHandle | None = None

    def said(self) -> None:
        """Have both told soon, once for many changes."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        if self.writing is None or self.writing.when() < loop.time():
            self.writing = loop.call_later(SOON, self.write)
        if self.service and (self.task is None or self.task.done() or self.task.get_loop() is not loop):
            self.task = loop.create_task(self.tell(self.service))

    async def tell(self, service: Service) -> None:
        """Tell the service how things are, and again while any is held; nobody waits for this."""
        told, at = None, 0.0
        while told != (report := self.report()) or self.held:
            if told != report or time.monotonic() - at >= STATUS_REPEAT:
                at = time.monotonic()
                told = report if await self.told(service, report) else None
            await asyncio.sleep(STATUS_INTERVAL)

    async def told(self, service: Service, report: wire.HubReport) -> bool:
        """Whether the service has taken this."""
        try:
            response = await service.send("PUT", "hub/status", report)
        except Unreachable as error:
            self.log.debug("The MLabs service is not told about accelerators: %s", error)
            return False
        return response.code == 200
