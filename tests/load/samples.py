"""What the processes of a suite take while it is used, looked at every few seconds."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from pathlib import Path

import psutil
from load.growth import Growth, growth
from support.processes import hub_process, service_process
from support.up import Up

# How much may be added while one looks: a share of what there is, and at least so much.
ALLOWED = {"MB": (0.1, 16.0), "files": (0.1, 10.0), "threads": (0.1, 3.0), "database": (0.1, 3.0)}
Series = dict[tuple[str, str], list[tuple[float, float]]]


def processes(up: Up) -> dict[str, psutil.Process]:
    """Hub, proxy and service, by name."""
    own = psutil.Process(up.process.pid)
    proxy = next(
        child
        for child in own.children(recursive=True)
        if any("configurable-http-proxy" in part for part in child.cmdline())
    )
    return {"hub": hub_process(own), "proxy": proxy, "service": service_process(up.data)}


class Samples(threading.Thread):
    """Looks until it is stopped; `series` by process and what was looked at, as (seconds, value)."""

    def __init__(self, up: Up, every: float):
        super().__init__(daemon=True)
        self.processes, self.every = processes(up), every
        self.series: Series = defaultdict(list)
        self.stopped = threading.Event()

    def run(self) -> None:
        while not self.stopped.wait(self.every):
            for name, process in self.processes.items():
                for what, value in looked(process).items():
                    self.series[name, what].append((time.monotonic(), value))

    def forget(self) -> None:
        """Begin anew, once all is there."""
        self.series.clear()

    def cpu(self, name: str) -> float:
        """The share of a core that a process took."""
        samples = self.series[name, "cpu"]
        return (samples[-1][1] - samples[0][1]) / (samples[-1][0] - samples[0][0])

    def most(self, name: str, what: str) -> float:
        """The largest value that was seen."""
        return max(value for _, value in self.series[name, what])

    def growths(self) -> dict[tuple[str, str], tuple[Growth, bool]]:
        """Each with whether it grows without bound."""
        found = {}
        for (name, what), samples in self.series.items():
            if what in ALLOWED:
                each = growth(samples)
                found[name, what] = each, each.unbounded(*ALLOWED[what])
        return found


def looked(process: psutil.Process) -> dict[str, float]:
    """What a process holds now, and the processor seconds that it has taken."""
    times = process.cpu_times()
    found = {
        "MB": process.memory_info().rss / 1e6,
        "files": float(process.num_fds()),
        "threads": float(process.num_threads()),
        "cpu": times.user + times.system,
    }
    return found | {"database": float(connections(process.pid))}


def connections(pid: int) -> int:
    """How many times a process has a database open."""
    links = []
    for number in Path(f"/proc/{pid}/fd").iterdir():
        try:
            links.append(str(number.readlink()))
        except FileNotFoundError:
            continue
    return sum(link.endswith(".sqlite") for link in links)
