"""What was heard of one kernel and is yet to be looked at."""

from __future__ import annotations

import asyncio
from collections import deque
from datetime import datetime
from itertools import dropwhile, takewhile
from typing import Literal

from msgspec import Struct

from mlabs_ext.lab import messages
from mlabs_ext.lab.batch_tracker import Over
from mlabs_ext.lab.messages import Message
from mlabs_ext.lab.run_all import Request
from mlabs_ext.lab.run_tracker import RunTracker

Happening = Literal["interrupted", "died", "restarted", "shutdown", "gone"]
# Seconds between two requests that nobody can have made by hand: a busy machine may run a cell meanwhile.
AT_ONCE = 0.1


class Heard(Struct):
    """Something that happened to a kernel, not yet looked at; `at` is monotonic seconds."""

    what: list[bytes] | Message | Request | Happening | Over
    at: float
    time: datetime


class Feed:
    """What one kernel's run tracker has yet to hear, in order."""

    def __init__(self, tracker: RunTracker):
        self.tracker = tracker
        self.heard: deque[Heard] = deque()
        self.path = ""
        self.lab: str | None = None
        self.timer: asyncio.TimerHandle | None = None
        self.task: asyncio.Task[float | None] | None = None

    def requests(self) -> list[Request]:
        """What front ends have asked of this life of the kernel and it has not begun."""
        later = takewhile(lambda heard: not ends(heard), self.heard)
        asked = [heard.what for heard in later if isinstance(heard.what, Request)]
        return [request for request in [*self.tracker.pending.values(), *asked] if request.kept]

    def alone(self, request: Request) -> bool:
        """Whether nothing more was asked for at once or until this was done: "Run all" is sent at once."""
        if len(self.tracker.pending) > 1:
            return False
        over = False
        for heard in self.heard:
            if isinstance(heard.what, Request):
                return over and heard.what.at - request.at > AT_ONCE
            over = over or (isinstance(heard.what, list) and messages.is_idle_after(heard.what, request.id))
        return over

    def asked_of_next(self, cell: str | None) -> bool:
        """Whether a cell has been asked for of the kernel's next life: a restart precedes its "Run all"."""
        later = dropwhile(lambda heard: not ends(heard), self.heard)
        asked = [heard.what for heard in later if isinstance(heard.what, Request)]
        return any(request.kept and request.cell == cell for request in asked)


def ends(heard: Heard) -> bool:
    """Whether the kernel's life ended there."""
    return isinstance(heard.what, str) and heard.what != "interrupted"
