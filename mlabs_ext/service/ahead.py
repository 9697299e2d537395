"""Renders what was just published, so that its first reader does not wait for it."""

from __future__ import annotations

import asyncio
import logging

from mlabs_ext.errors import MLabsError
from mlabs_ext.service.blobs import Blobs
from mlabs_ext.service.render import Renderer

log = logging.getLogger("mlabs")


class Ahead:
    """Renders in the background, one notebook at a time, if `enabled`: readers come first."""

    def __init__(self, blobs: Blobs, renderer: Renderer, enabled: bool):
        self.blobs = blobs
        self.renderer = renderer
        self.enabled = enabled
        self._turn = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    async def warm(self) -> None:
        """Have a worker ready before the first notebook comes."""
        if self.enabled:
            await self.renderer.warm()

    def render(self, digest: str) -> None:
        """Render the notebook with this digest soon; what fails is tried again when somebody looks."""
        if not self.enabled:
            return
        task = asyncio.create_task(self._render(digest))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _render(self, digest: str) -> None:
        async with self._turn:
            if self.renderer.cached(digest):
                return
            try:
                notebook = await asyncio.to_thread(self.blobs.get, digest)
                await self.renderer.document(notebook, digest)
            except (MLabsError, OSError) as error:
                log.warning("Notebook %s was not rendered ahead: %s", digest, error)

    async def close(self) -> None:
        """Give up what has not been rendered."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
