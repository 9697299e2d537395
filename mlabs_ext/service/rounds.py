"""Work that is looked for every few seconds, and done beside the looking: one task for each thing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from functools import partial
from typing import ParamSpec, TypeVar

from mlabs_ext.errors import MLabsError
from mlabs_ext.service.store import Store

P = ParamSpec("P")
T = TypeVar("T")


class Rounds:
    """A subclass says how often it looks, what a round is, and in the log what could not be looked up."""

    log: logging.Logger
    what: str

    def __init__(self, store: Store, pool: Executor):
        self.pool = pool
        self.under_way: dict[str, asyncio.Task[None]] = {}
        # What may go wrong at any time and does not last.
        self.passing = (OSError, MLabsError, store.Error)

    @property
    def interval(self) -> float:
        """Seconds between two rounds."""
        raise NotImplementedError

    async def round(self) -> None:
        """Look, and begin what is to be done and is not under way."""
        raise NotImplementedError

    def begin(self, key: str, work: Callable[..., Coroutine[None, None, None]], *args: object) -> None:
        """Do it in a task of its own, unless one of this key is under way."""
        if key not in self.under_way:
            self.under_way[key] = task = asyncio.create_task(work(*args))
            task.add_done_callback(lambda _: self.under_way.pop(key, None))

    async def watch(self) -> None:
        """Go on for ever; a round that fails is logged, and the next one tries again."""
        try:
            while True:
                try:
                    await self.round()
                except self.passing:
                    self.log.exception("%s could not be looked up", self.what)
                await asyncio.sleep(self.interval)
        finally:
            await self.close()

    async def close(self) -> None:
        """Wait for none of what is under way: the next process looks again."""
        tasks = list(self.under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, rule: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        call = partial(rule, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self.pool, call)
