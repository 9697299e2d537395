"""A loop that somebody blocks is late, and that is told for a minute."""

from __future__ import annotations

import asyncio
import time

from support.waiting import eventually

from mlabs_ext.service.pulse import Pulse


async def test_a_blocked_loop_is_told():
    told: list[float] = []
    beating = asyncio.create_task(Pulse(told.append).beat())
    await eventually(lambda: told)
    time.sleep(1.2)  # blocks the loop, which is what is meant
    await eventually(lambda: told[-1] > 0.5)
    count = len(told)
    await eventually(lambda: len(told) > count)
    assert told[-1] > 0.5
    beating.cancel()
