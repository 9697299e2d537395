"""Looks now and then what schedules have due, and has it begun."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar

from mlabs_ext.errors import MLabsError
from mlabs_ext.service.schedule_queue import ScheduleQueue

T = TypeVar("T")
log = logging.getLogger("mlabs.schedules")


class ScheduleLoop:
    """Rounds of looking, in one or several processes."""

    def __init__(self, queue: ScheduleQueue, pool: Executor):
        self.queue, self.pool = queue, pool

    async def watch(self) -> None:
        """Go on for ever; a round that fails is logged, and the next one tries again."""
        while True:
            try:
                await self.round()
            except (OSError, MLabsError, self.queue.store.Error):
                log.exception("What schedules have due could not be looked up")
            await asyncio.sleep(self.queue.interval)

    async def round(self) -> None:
        """Take note of runs that ended, and begin what is due."""
        await self._run(self.queue.settle)
        for lab, at in await self._run(self.queue.due):
            try:
                run = await self._run(self.queue.begin, lab, at)
            except (OSError, MLabsError, self.queue.store.Error):
                # It is due still; the others need not wait for it.
                log.exception("The scheduled run of lab %s could not be queued", lab)
            else:
                log.info("Lab %s was due at %s: %s", lab, at, f"run {run}" if run else "no run")

    async def _run(self, rule: Callable[..., T], *args: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.pool, rule, *args)
