"""What this server and one kernel use just now, beside what they may."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import Awaitable, Callable

import psutil

from mlabs_ext.errors import NotFound
from mlabs_ext.lab.control_group import cpu_limit, cpu_total, memory_limit, memory_total
from mlabs_ext.lab.gpu_usage import Gpu
from mlabs_ext.lab.resource_usage import totals, tree
from mlabs_ext.wire import DiskUse, GpuUse, ProcessUse, ResourcesNow


class Resources:
    """Measures when it is asked, never by itself. `gpus` says what the accelerators do."""

    def __init__(
        self,
        pid_of: Callable[[str], int | None],
        gpus: Callable[[], Awaitable[list[Gpu]]],
        root: str,
        accelerated: bool,
    ):
        self._pid_of = pid_of
        self._gpus = gpus
        self._root = root
        self._accelerated = accelerated

    async def now(self, kernel: str | None) -> ResourcesNow:
        """Look once. NotFound where there is no such kernel."""
        pid = self._pid_of(kernel) if kernel else None
        if kernel and pid is None:
            raise NotFound("There is no such kernel here.", "kernel_not_found")
        gpus = await self._gpus() if self._accelerated else []
        server, own = await asyncio.to_thread(look, pid)
        disk = shutil.disk_usage(self._root)
        memory, cpus = memory_limit(), cpu_limit()
        return ResourcesNow(
            time=time.monotonic(),
            server=server,
            kernel=own,
            memory_limit=memory or memory_total(),
            memory_limited=memory is not None,
            cpu_limit=cpus or cpu_total(),
            cpu_limited=cpus is not None,
            disk=DiskUse(disk.used, disk.total),
            gpus=[GpuUse(gpu.name, gpu.utilization, gpu.memory, gpu.total) for gpu in gpus],
        )


def look(pid: int | None) -> tuple[ProcessUse, ProcessUse | None]:
    """What this server with all that it has started uses, and a kernel of its. Blocks."""
    everything = used(os.getpid())
    assert everything is not None
    return everything, used(pid) if pid is not None else None


def used(pid: int) -> ProcessUse | None:
    """What a process and all that it has started use; None where it has just ended."""
    try:
        processes = tree(psutil.Process(pid))
    except psutil.NoSuchProcess:
        return None
    cpu, memory = totals(processes)
    return ProcessUse(memory=memory, cpu_seconds=round(cpu, 2), processes=len(processes))
