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
    def share(self) -> float:
        """The share of a processor that it had."""
        return self.busy / self.clock

    @property
    def bounds(self) -> tuple[float, float]:
        """Of what it would have had alone, which cannot be told exactly where others compute.

        All its waiting was either for a step of its work to go on, or for its rest to be over. With nobody
        else there both bounds are the share that it had.
        """
        return self.busy / (self.clock - self.waiting), (self.busy + self.waiting) / self.clock


def workers_of(root: psutil.Process) -> list[Path]:
    """The threads of web workers in all browsers below a process."""
    found = [
        thread
        for process in root.children(recursive=True)
        if "--type=renderer" in process.cmdline()
        for thread in Path(f"/proc/{process.pid}/task").iterdir()
    ]
    return [thread for thread in found if (thread / "comm").read_text().startswith("DedicatedWorker")]


def taken(threads: list[Path]) -> Taken:
    """All together, up to now, by the kernel's own count."""
    counts = [[int(part) for part in (one / "schedstat").read_text().split()] for one in threads]
    return Taken(time.monotonic(), *(sum(count[at] for count in counts) / NANO for at in (0, 1)))
