"""Measures how much memory and processor time a run takes: of its kernel and all that this has started."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import psutil
from msgspec import Struct
from traitlets import Float
from traitlets.config import LoggingConfigurable

from mlabs_ext.lab.observers import Observer, Record
from mlabs_ext.lab.parts import Part

TICK = 0.5
# Seconds after the end of a cell within which the end of the next one tells nothing new.
SOON = 0.1
# Seconds by which the start of a process is known too early.
MARGIN = 0.02


class Use(Struct):
    """What a run's processes use; `before` is the processor time they had taken at `since`, its begin."""

    kernel: str
    root: psutil.Process
    processes: list[psutil.Process]
    before: float
    since: float
    cpu: float = 0.0
    memory: int = 0
    told: float = 0.0
    looked: float = float("-inf")
    done: float = float("-inf")

    def measure(self) -> None:
        """Look at the processes that are known; those that are gone say nothing any more."""
        cpu, memory = totals(self.processes)
        self.cpu = max(self.cpu, cpu - self.before)
        self.memory = max(self.memory, memory)

    @property
    def after(self) -> float:
        """The processor time that they have taken since they were started."""
        return self.before + self.cpu

    def data(self) -> dict[str, Any]:
        """As a `usage` event tells it."""
        return {"memory_peak": self.memory, "cpu_seconds": round(self.cpu, 2)}


class ResourceUsage(LoggingConfigurable, Observer):
    """Samples while something executes, and whenever an execution ends."""

    record = Part[Record]()
    pid_of = Part[Callable[[str], int | None]](help="The process of a kernel.")
    interval = Float(
        2.0,
        help="""Seconds between two looks at the processes of a run while it executes; 0 measures nothing.
        Default: 2. Example: `c.ResourceUsage.interval = 10`.""",
    ).tag(config=True)
    telling = Float(
        60.0,
        help="""Seconds between two entries in the record of a run that goes on; its end always has one.
        Default: 60. Example: `c.ResourceUsage.telling = 300`.""",
    ).tag(config=True)

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self._uses: dict[str, Use] = {}
        # What a kernel had used when it had nothing to do, and when that was in monotonic seconds: a run is
        # known only some time after it began.
        self._idle: dict[str, tuple[float, float]] = {}
        self._roots: dict[str, psutil.Process] = {}

    def asked(self, kernel: str) -> None:
        """Note what the kernel has used before, unless that is measured anyway: a person waits for this."""
        going_on = any(use.kernel == kernel for use in self._uses.values())
        if not going_on and (root := self._process(kernel)):
            with suppress(psutil.Error):
                self._idle[kernel] = taken(root.cpu_times()), time.monotonic()

    def began(self, run: str, kernel: str) -> None:
        """Begin to measure."""
        if root := self._process(kernel):
            now = time.monotonic()
            before, since = self._idle.get(kernel) or (totals([root])[0], now)
            self._uses[run] = Use(kernel, root, [root], before, since, told=now)

    def _process(self, kernel: str) -> psutil.Process | None:
        pid = self.pid_of(kernel) if self.interval else None
        root = self._roots.get(kernel)
        if root is not None and root.pid == pid:
            return root
        self._roots.pop(kernel, None)
        with suppress(psutil.NoSuchProcess):
            if pid is not None:
                self._roots[kernel] = psutil.Process(pid)
        return self._roots.get(kernel)

    def done(self, run: str) -> None:
        """Look once more: a short cell may end between two looks."""
        if use := self._uses.get(run):
            if time.monotonic() - use.done > SOON:
                use.measure()
                use.done = time.monotonic()
            self._idle[use.kernel] = use.after, time.monotonic()

    def ending(self, run: str) -> None:
        """Tell what the run has used."""
        if use := self._uses.pop(run, None):
            use.measure()
            if use.memory:
                self.record.add(run, "usage", datetime.now(UTC), None, use.data())

    async def watch(self) -> None:
        """Sample until cancelled."""
        while self.interval:
            await asyncio.sleep(TICK)
            for run in self.record.executing():
                use = self._uses.get(run)
                if use and time.monotonic() - use.looked >= self.interval:
                    await self._look(run, use)

    async def _look(self, run: str, use: Use) -> None:
        known = {process.pid for process in use.processes}
        use.processes = await asyncio.to_thread(tree, use.root)
        if use.looked == float("-inf"):
            # Started before the run was: what they have done is not its.
            others = [each for each in use.processes if each.pid not in known]
            use.before += totals([each for each in others if older(each, time.monotonic() - use.since)])[0]
        use.looked = time.monotonic()
        use.measure()
        if run in self._uses and time.monotonic() - use.told >= self.telling:
            use.told = time.monotonic()
            self.record.add(run, "usage", datetime.now(UTC), None, use.data())


def tree(root: psutil.Process) -> list[psutil.Process]:
    """A process and all that it has started, directly or not."""
    try:
        return [root, *root.children(recursive=True)]
    except psutil.Error:
        return [root]


def older(process: psutil.Process, seconds: float) -> bool:
    """Whether it was started longer ago than that."""
    try:
        started = process.create_time()
    except psutil.Error:
        return False
    # On Linux it counts from the machine's start, which is known in whole seconds only: here as there.
    linux = hasattr(time, "CLOCK_BOOTTIME")
    now = psutil.boot_time() + time.clock_gettime(time.CLOCK_BOOTTIME) if linux else time.time()
    return now - started > seconds + MARGIN


def totals(processes: list[psutil.Process]) -> tuple[float, int]:
    """Processor seconds, those of ended children included, and resident bytes."""
    cpu, memory = 0.0, 0
    for process in processes:
        try:
            with process.oneshot():
                times = process.cpu_times()
                memory += process.memory_info().rss
        except psutil.Error:
            continue
        cpu += taken(times)
    return cpu, memory


def taken(times: Any) -> float:
    """Processor seconds of a process, those of ended children included."""
    own = times.user + times.system
    return own + getattr(times, "children_user", 0) + getattr(times, "children_system", 0)
