"""Has the rounds of services go on while a test is made, as `mlabs-service` does while it serves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from mlabs_ext.service.rounds import Rounds


@contextmanager
def going_on() -> Iterator[Callable[[Any, Rounds], None]]:
    """`begin(site, rounds)` begins them in the site's loop; at the end all are ended."""
    watching = []

    def begin(site: Any, rounds: Rounds) -> None:
        watching.append((site.loop, _in(site.loop, _begin(rounds))))

    yield begin
    for loop, task in watching:
        _in(loop, _end(task))


def _in(loop: asyncio.AbstractEventLoop, work: Any) -> Any:
    return asyncio.run_coroutine_threadsafe(work, loop).result(10)


async def _begin(rounds: Rounds) -> asyncio.Task[None]:
    return asyncio.create_task(rounds.watch())


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
