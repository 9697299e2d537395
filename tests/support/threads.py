"""How much of a processor a thread takes, and how much it would take if nobody else wanted it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import psutil

NANO = 1e9


@dataclass(frozen=True)
class Taken:
    """Seconds: on the clock, on a processor, and waiting for one that others have."""

    clock: float
    busy: float
    waiting: float

    def __sub__(self, other: Taken) -> Taken:
        return Taken(self.clock - other.clock, self.busy - other.busy, self.waiting - other.waiting)

    @property
    def wanted(self) -> float:
        """The share of the time in which it had work to do, whether or not it got a processor for it."""
        return (self.busy + self.waiting) / self.clock

    @property
    def share(self) -> float:
        """The share of a processor that it had."""
        return self.busy / self.clock


def workers_of(root: psutil.Process) -> list[Path]:
    """The threads of web workers in all browsers below a process."""
    found = [
        thread
        for process in root.children(recursive=True)
        if "--type=renderer" in process.cmdline()
        for thread in Path(f"/proc/{process.pid}/task").iterdir()
    ]
    return [thread for thread in found if (thread / "comm").read_text().startswith("DedicatedWorker")]


def taken(thread: Path) -> Taken:
    """Up to now, by the kernel's own count."""
    busy, waiting, _ = (int(part) for part in (thread / "schedstat").read_text().split())
    return Taken(time.monotonic(), busy / NANO, waiting / NANO)
