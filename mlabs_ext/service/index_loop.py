"""Reads, in the background, what search has not read yet, and draws the small pictures of new notebooks."""

from __future__ import annotations

import asyncio
import logging
import time
from concurrent.futures import Executor

from mlabs_ext.errors import BadInput, NotFound
from mlabs_ext.service.index_queue import IndexQueue, Unread
from mlabs_ext.service.render import Renderer
from mlabs_ext.service.render_pool import WorkerFailed
from mlabs_ext.service.rounds import Rounds
from mlabs_ext.service.thumbnails import Thumbnails


class IndexLoop(Rounds):
    """Rounds of looking; one lab at a time, and as much rest as work, since readers come first."""

    log = logging.getLogger("mlabs.search")
    what = "What search has still to read"
    interval = 2.0

    def __init__(self, queue: IndexQueue, thumbnails: Thumbnails, renderer: Renderer, pool: Executor):
        super().__init__(queue.store, pool)
        self.queue, self.thumbnails, self.renderer = queue, thumbnails, renderer

    async def round(self) -> None:
        """Read all that waits."""
        while waiting := await self._run(self.queue.waiting):
            for one in waiting:
                began = time.monotonic()
                text = await self.read(one, one.notebook) if one.notebook else None
                await self._run(self.queue.done, one.key, text)
                await asyncio.sleep(time.monotonic() - began)

    async def read(self, one: Unread, digest: str) -> bytes | None:
        """The text of a notebook, and on the way its picture; None where it is known or cannot be read."""
        try:
            notebook = await self._run(self.queue.blobs.get, digest)
            if not one.drawn:
                await self.draw(notebook, digest)
            return None if one.known else await self._run(self.queue.text, notebook)
        except (BadInput, NotFound) as error:
            self.log.warning("Notebook %s is not searched: %s", digest, error)
            return None

    async def draw(self, notebook: bytes, digest: str) -> None:
        """Keep the small picture of a notebook, or that there is none: what kills a worker has none."""
        try:
            picture = await self.renderer.draw(notebook)
        except WorkerFailed as error:
            self.log.warning("Notebook %s has no picture: %s", digest, error)
            picture = None
        await self._run(self.thumbnails.keep, digest, picture)
