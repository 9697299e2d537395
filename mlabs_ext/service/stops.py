"""Servers that are being stopped: each is asked to once, however many wait for it or give up waiting."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from mlabs_ext.errors import MLabsError

log = logging.getLogger("mlabs.stops")


class Stops:
    """`stop` is `HubClient.stop`: it returns once the hub says that the server is gone."""

    def __init__(self, stop: Callable[[str, str], Awaitable[None]]):
        self._stop = stop
        self._under_way: dict[tuple[str, str], asyncio.Task[None]] = {}

    async def stop(self, user: str, server: str, patience: float) -> bool:
        """Stop a server; whether it is gone within `patience` seconds, after which the stop goes on.

        Raises what the hub has against it. Who asks again waits for the same stop.
        """
        key = user, server
        task = self._under_way.get(key)
        if task is None:
            task = self._under_way[key] = asyncio.create_task(self._once(user, server))
            task.add_done_callback(lambda done: self._over(key, done))
        await asyncio.wait([task], timeout=patience)
        if task.done():
            task.result()
        return task.done()

    def under_way(self, user: str, server: str) -> bool:
        """Whether the server is being stopped just now."""
        return (user, server) in self._under_way

    async def close(self) -> None:
        """Wait for none of them; the hub finishes what it was asked for."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _once(self, user: str, server: str) -> None:
        await self._stop(user, server)

    def _over(self, key: tuple[str, str], task: asyncio.Task[None]) -> None:
        self._under_way.pop(key, None)
        error = None if task.cancelled() else task.exception()
        if error:
            # Who asked may have gone; the next who asks starts it again.
            reason = error.message if isinstance(error, MLabsError) else repr(error)
            log.warning("The server %r of %r could not be stopped: %s", key[1], key[0], reason)
