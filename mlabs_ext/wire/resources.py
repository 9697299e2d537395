"""What a server uses just now, beside what it may."""

from __future__ import annotations

from msgspec import Struct

__all__ = ["DiskUse", "GpuUse", "ProcessUse", "ResourcesNow"]


class ProcessUse(Struct):
    """What a process and all that it has started use: bytes now, and processor seconds since they began."""

    memory: int
    cpu_seconds: float
    processes: int


class GpuUse(Struct):
    """What an accelerator does now: percent, and bytes; null where it does not tell."""

    name: str
    utilization: float | None
    memory: int | None
    memory_total: int | None


class DiskUse(Struct):
    """Bytes of the file system that a server's files are on."""

    used: int
    total: int


class ResourcesNow(Struct):
    """What a server and a kernel of its use now. `time` is in seconds, by a clock of the server's own.

    The limits are bytes and cores; `…_limited` is false where they are those of the machine, which others
    may use as well.
    """

    time: float
    server: ProcessUse
    kernel: ProcessUse | None
    memory_limit: int
    memory_limited: bool
    cpu_limit: float
    cpu_limited: bool
    disk: DiskUse
    gpus: list[GpuUse]
