"""What the machine lets this server have: the limits of its control group, else what there is."""

from __future__ import annotations

import os
from pathlib import Path

import psutil

CGROUPS = Path("/sys/fs/cgroup")
# By version 2 and by version 1, which writes a huge number where there is none.
MEMORY = ("memory.max", "memory/memory.limit_in_bytes")
NONE = 1 << 60


def memory_limit(cgroups: Path = CGROUPS) -> int | None:
    """Bytes that this server may have, by its spawner or its control group; None where nobody limits it."""
    said = [number(os.environ.get("MEM_LIMIT", "")), *(number(read(cgroups / name)) for name in MEMORY)]
    limits = [limit for limit in said if limit is not None and 0 < limit < NONE]
    return min(limits, default=None)


def cpu_limit(cgroups: Path = CGROUPS) -> float | None:
    """Processor cores that it may use at a time; None where nobody limits it."""
    quota, _, period = read(cgroups / "cpu.max").partition(" ")
    if not period:
        quota, period = read(cgroups / "cpu/cpu.cfs_quota_us"), read(cgroups / "cpu/cpu.cfs_period_us")
    limits = (
        [float(cores)] if (cores := os.environ.get("CPU_LIMIT", "")).replace(".", "", 1).isdecimal() else []
    )
    if quota.isdecimal() and period.isdecimal() and int(period):
        limits.append(int(quota) / int(period))
    return min((limit for limit in limits if limit), default=None)


def memory_total() -> int:
    """Bytes that the machine has."""
    return psutil.virtual_memory().total


def cpu_total() -> float:
    """Cores that this process may run on."""
    return float(
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else psutil.cpu_count() or 1
    )


def read(file: Path) -> str:
    """What it says; nothing where there is none."""
    try:
        return file.read_text().strip()
    except OSError:
        return ""


def number(text: str) -> int | None:
    """Bytes, where it says some."""
    return int(text) if text.isdecimal() else None
