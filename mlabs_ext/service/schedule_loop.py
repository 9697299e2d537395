"""Looks now and then what schedules have due, and has it begun."""

from __future__ import annotations

import logging
from concurrent.futures import Executor

from mlabs_ext.service.rounds import Rounds
from mlabs_ext.service.schedule_queue import ScheduleQueue


class ScheduleLoop(Rounds):
    """Rounds of looking, in one or several processes."""

    log = logging.getLogger("mlabs.schedules")
    what = "What schedules have due"

    def __init__(self, queue: ScheduleQueue, pool: Executor):
        super().__init__(queue.store, pool)
        self.queue = queue

    @property
    def interval(self) -> float:
        """As set for the queue."""
        return self.queue.interval

    async def round(self) -> None:
        """Take note of runs that ended, and begin what is due."""
        await self._run(self.queue.settle)
        for lab, at in await self._run(self.queue.due):
            try:
                run = await self._run(self.queue.begin, lab, at)
            except self.passing:
                # It is due still; the others need not wait for it.
                self.log.exception("The scheduled run of lab %s could not be queued", lab)
            else:
                self.log.info("Lab %s was due at %s: %s", lab, at, f"run {run}" if run else "no run")
