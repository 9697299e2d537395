"""Pages of what was sent already: read once for all who come late, as they all begin at the beginning."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from mlabs_ext.service.live_feed import Page

# Bytes of pages that are kept, and the seconds for which one is good that has room for more: who takes it
# goes on from its end.
KEPT = 16 * 1024**2
FRESH = 1.0
Key = tuple[str, int]
Read = Callable[[str, int, int | None], Coroutine[Any, Any, Page | None]]


class Pages:
    """Pages by their run and the step they come after. For the event loop only."""

    def __init__(self, read: Read):
        self._read = read
        self._reading: dict[Key, asyncio.Task[Page | None]] = {}
        self._kept: OrderedDict[Key, Page] = OrderedDict()
        self._bytes = 0

    async def get(self, run_id: str, after: int, upto: int | None) -> Page | None:
        """The page after that step; None where the run is no more."""
        key = run_id, after
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        if key not in self._reading:
            self._reading[key] = asyncio.create_task(self._read(run_id, after, upto))
            self._reading[key].add_done_callback(partial(self._done, key))
        # Who leaves must not take it from the others.
        return await asyncio.shield(self._reading[key])

    async def close(self) -> None:
        """Return when nothing is being read."""
        await asyncio.gather(*self._reading.values(), return_exceptions=True)

    def _done(self, key: Key, task: asyncio.Task[Page | None]) -> None:
        del self._reading[key]
        page = None if task.cancelled() or task.exception() else task.result()
        if page is None or page.first is None:
            return
        self._kept[key] = page
        self._bytes += len(page.text)
        if not page.full:
            asyncio.get_running_loop().call_later(FRESH, self._drop, key)
        while self._bytes > KEPT:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: Key) -> None:
        page = self._kept.pop(key, None)
        self._bytes -= len(page.text) if page else 0
