"""Servers start a few at a time, in the order in which they were asked for; who waits is told their place.

A class that opens a lab in the same minute starts as many servers as there are students. All at once, each
takes as long as all of them together; in turn, the first need not wait for the last.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

from traitlets import Integer, default
from traitlets.config import LoggingConfigurable

Report = Callable[[str, int], None]
# Percent of a start that are over when a server waits for its turn.
WAITING = 80


@dataclass(eq=False)
class Waiting:
    """Who waits; `turn` is done when it is theirs."""

    report: Report
    turn: asyncio.Event = field(default_factory=asyncio.Event)


class Turns(LoggingConfigurable):
    """The line of those who start a server of this machine."""

    at_once = Integer(
        min=0,
        help="""How many servers start at the same time; the others wait for their turn, and are told their
        place. 0 is no limit. Default: two for each processor. Example::

            c.Turns.at_once = 8
        """,
    ).tag(config=True)

    _shared: ClassVar[Turns | None] = None

    @default("at_once")
    def _two_for_each(self) -> int:
        return 2 * (os.cpu_count() or 1)

    def __init__(self, **traits: Any):
        super().__init__(**traits)
        self.line: deque[Waiting] = deque()
        self.starting = 0

    @classmethod
    def shared(cls, **traits: Any) -> Turns:
        """The one of this process."""
        cls._shared = cls._shared or cls(**traits)
        return cls._shared

    @asynccontextmanager
    async def taken(self, report: Report) -> AsyncIterator[None]:
        """Wait for a turn, and hold it meanwhile; `report` is told each place on the way."""
        mine = Waiting(report)
        self.line.append(mine)
        self._go_on()
        try:
            await mine.turn.wait()
            yield
        finally:
            # Who left while they waited held no turn.
            if mine.turn.is_set():
                self.starting -= 1
            else:
                self.line.remove(mine)
            self._go_on()

    def _go_on(self) -> None:
        """Let in as many as may start, and tell the others where they are."""
        while self.line and not 0 < self.at_once <= self.starting:
            self.starting += 1
            self.line.popleft().turn.set()
        for before, waiting in enumerate(self.line):
            waiting.report(_said(before), WAITING)


def _said(before: int) -> str:
    if not before:
        return "Many servers start now: yours is next"
    return f"Many servers start now: {before} {'is' if before == 1 else 'are'} before yours"
