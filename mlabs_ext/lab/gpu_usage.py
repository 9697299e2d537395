"""Measures what a run makes of the GPUs that this server holds, while something of it executes."""

from __future__ import annotations

import asyncio
import os
import re
import time
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct
from traitlets import Float, Unicode
from traitlets.config import LoggingConfigurable

from mlabs_ext.asking import asked
from mlabs_ext.lab.observers import Record
from mlabs_ext.lab.parts import Part

QUERY = "utilization.gpu,memory.used"
EACH = "name,utilization.gpu,memory.used,memory.total"
FORMAT = "--format=csv,noheader,nounits"
MIB = 1 << 20
# Seconds: between two looks at what executes, and until a tool that does not answer is given up.
TICK = 0.5
PATIENCE = 10.0
DEVICES = re.compile(r"(\d+|GPU-[\w-]+)(,(\d+|GPU-[\w-]+))*")


class Sample(Struct):
    """One look at all GPUs: utilization in percent, their mean; memory in bytes, their sum."""

    utilization: float
    memory: int


class Gpu(Struct):
    """One GPU now: utilization in percent, memory in bytes; None where it does not tell."""

    name: str
    utilization: float | None
    memory: int | None
    total: int | None


class Tally(Struct):
    """What the samples of one run amount to."""

    count: int = 0
    total: float = 0.0
    most: float = 0.0
    memory: int = 0
    told: float = 0.0

    def add(self, sample: Sample) -> None:
        """Take one more."""
        self.count += 1
        self.total += sample.utilization
        self.most = max(self.most, sample.utilization)
        self.memory = max(self.memory, sample.memory)

    def data(self) -> dict[str, Any]:
        """As a `usage` event tells it."""
        return {
            "gpu_utilization_mean": round(self.total / self.count, 1),
            "gpu_utilization_max": self.most,
            "gpu_memory_peak": self.memory,
        }


class GpuUsage(LoggingConfigurable):
    """Samples by NVIDIA's own tool; a machine without it is not asked twice."""

    record = Part[Record]()
    program = Unicode(
        "nvidia-smi",
        help="""The program that is asked how much the GPUs do. Default: `nvidia-smi`, as found on PATH.
        Example: `c.GpuUsage.program = "/usr/local/bin/nvidia-smi"`.""",
    ).tag(config=True)
    interval = Float(
        5.0,
        help="""Seconds between two looks at the GPUs while a run executes. Default: 5. Example:
        `c.GpuUsage.interval = 30`.""",
    ).tag(config=True)
    telling = Float(
        60.0,
        help="""Seconds between two entries in the record of a run that goes on; its end always has one.
        Default: 60. Example: `c.GpuUsage.telling = 300`.""",
    ).tag(config=True)

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self._tallies: dict[str, Tally] = {}

    async def watch(self) -> None:
        """Sample until cancelled, or until it is clear that there is nothing to sample."""
        at = float("-inf")
        seen: set[str] = set()
        while True:
            runs = self.record.executing()
            if runs and (runs - seen or time.monotonic() - at >= self.interval):
                at = time.monotonic()
                if not await self._look():
                    return
            seen = runs
            await asyncio.sleep(TICK)

    def taken(self, run: str) -> dict[str, Any] | None:
        """What a run that ends has used; None where nothing was measured."""
        tally = self._tallies.pop(run, None)
        return tally.data() if tally else None

    async def each(self) -> list[Gpu]:
        """What each GPU does now; none where there is no tool that says."""
        try:
            said = await self._ask(EACH)
        except FileNotFoundError:
            return []
        rows = [[word.strip() for word in line.rsplit(",", 3)] for line in said.splitlines()]
        return [gpu(*row) for row in rows if len(row) == 4]

    async def _look(self) -> bool:
        try:
            sample = read(await self._ask(QUERY))
        except FileNotFoundError:
            self.log.warning("MLabs: there is no %s here: the use of the GPU is not recorded", self.program)
            return False
        if sample is None:
            return True
        # Those that still execute: what has ended meanwhile has had its last word.
        for run in self.record.executing():
            tally = self._tallies.setdefault(run, Tally(told=time.monotonic()))
            tally.add(sample)
            self._tell(run, tally)
        return True

    def _tell(self, run: str, tally: Tally) -> None:
        if time.monotonic() - tally.told >= self.telling:
            tally.told = time.monotonic()
            self.record.add(run, "usage", datetime.now(UTC), None, tally.data())

    async def _ask(self, query: str) -> str:
        """What the tool says; nothing where it fails or hangs."""
        question = (f"--query-gpu={query}", FORMAT, *held())
        said, status = await asked(self.program, *question, timeout=PATIENCE)
        return said.decode("utf-8", "replace") if status == 0 else ""


def held() -> list[str]:
    """The option that names the GPUs of this server, where it sees others too."""
    devices = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    return [f"--id={devices}"] if DEVICES.fullmatch(devices) else []


def read(said: str) -> Sample | None:
    """The sample in the tool's words; None where it tells nothing."""
    rows = [line.split(",") for line in said.splitlines()]
    utilization = numbers(row[0] for row in rows if len(row) == 2)
    memory = numbers(row[1] for row in rows if len(row) == 2)
    if not memory:
        return None
    return Sample(sum(utilization) / len(utilization) if utilization else 0.0, int(sum(memory)) * MIB)


def gpu(name: str, utilization: str, memory: str, total: str) -> Gpu:
    """One of them, in the tool's words."""
    share, used, there = (next(iter(numbers([word])), None) for word in (utilization, memory, total))
    size = [None if number is None else int(number) * MIB for number in (used, there)]
    return Gpu(name, share, size[0], size[1])


def numbers(words: Any) -> list[float]:
    """Those that are numbers: what a GPU cannot tell is `[N/A]`."""
    return [float(word) for word in words if word.strip().isdecimal()]
