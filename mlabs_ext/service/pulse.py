"""Notices how late the event loop is: everybody whom this process answers waits at least as long."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

EVERY = 0.5
# How long a late moment is told of: longer than Prometheus usually waits between two looks.
REMEMBERED = 60.0


class Pulse:
    """`beat` runs as long as the service; `tell` is told the longest delay of the last minute, in seconds."""

    def __init__(self, tell: Callable[[float], None]):
        self.tell = tell
        self.late: deque[float] = deque(maxlen=int(REMEMBERED / EVERY))

    async def beat(self) -> None:
        """Look again and again."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + EVERY
            await asyncio.sleep(EVERY)
            self.late.append(max(0.0, loop.time() - due))
            self.tell(max(self.late))
