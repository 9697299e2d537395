"""A service whose community pool judges what comes back, as one that runs by itself does."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def judging(site: Any) -> Iterator[Any]:
    """The real referee over what volunteers send."""

    async def begin() -> None:
        site.judging = asyncio.create_task(site.service.community.loop.watch())

    async def end() -> None:
        site.judging.cancel()
        await asyncio.gather(site.judging, return_exceptions=True)

    asyncio.run_coroutine_threadsafe(begin(), site.loop).result(10)
    yield site
    asyncio.run_coroutine_threadsafe(end(), site.loop).result(30)
