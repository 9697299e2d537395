"""Waiting for what happens in its own time, and failing where it does not."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
PAUSE = 0.05


class NotInTime(AssertionError):
    """What was waited for did not happen in its time."""


def until(condition: Callable[[], T], seconds: float = 60, why: Callable[[], object] = str) -> T:
    """What the condition is once it is true; `why` is asked what else is known where it is not in time."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() >= deadline:
            raise NotInTime(f"never within {seconds} s: {condition} {why()}")
        time.sleep(PAUSE)
    return found


async def eventually(condition: Callable[[], T], seconds: float = 60) -> T:
    """The same, while other tasks go on."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() >= deadline:
            raise NotInTime(f"never within {seconds} s: {condition}")
        await asyncio.sleep(PAUSE)
    return found


def free_port() -> int:
    """A port of loopback that nobody listens at now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]
