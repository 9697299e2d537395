"""Tells a kernel that ran out of memory from one that crashed: by its error, its end, its control group."""

from __future__ import annotations

import re
import signal
from pathlib import Path

from mlabs_ext.wire import RunReason

CGROUPS = Path("/sys/fs/cgroup")
ERRORS = {"MemoryError", "_ArrayMemoryError", "OutOfMemoryError", "ResourceExhaustedError"}
# PyTorch's words on the CPU, in an exception that has no name of its own.
SAID = re.compile(r"can't allocate memory|not enough memory|out of memory|std::bad_alloc", re.IGNORECASE)


def raised(ename: str, evalue: str) -> RunReason:
    """Why a run failed whose cell raised this."""
    memory = ename in ERRORS or (ename == "RuntimeError" and SAID.search(evalue))
    return "out_of_memory" if memory else "raised"


def kills(process: str = "self", cgroups: Path = CGROUPS, proc: Path = Path("/proc")) -> int | None:
    """How often something in the process's control group was killed for want of memory; None: nobody says."""
    try:
        lines = (proc / process / "cgroup").read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        _, controllers, path = line.split(":", 2)
        for file in _files(cgroups, controllers.split(","), path.lstrip("/")):
            if (count := _count(file)) is not None:
                return count
    return None


def _files(cgroups: Path, controllers: list[str], path: str) -> list[Path]:
    """Where the count may be, by version 2 or 1; a container may see its own group as the root."""
    if controllers == [""]:
        return [cgroups / path / "memory.events", cgroups / "memory.events"]
    if "memory" not in controllers:
        return []
    folders = [cgroups / "memory" / path, cgroups / "memory"]
    return [folder / name for name in ("memory.oom_control", "memory.failcnt") for folder in folders]


def _count(file: Path) -> int | None:
    try:
        text = file.read_text()
    except OSError:
        return None
    if file.name == "memory.failcnt":
        return int(text)
    found = re.search(r"^oom_kill (\d+)$", text, re.MULTILINE)
    return int(found[1]) if found else None


def died(status: int | None, before: int | None, after: int | None) -> tuple[RunReason, str]:
    """Why a kernel ended that nobody stopped, and in words; `before` and `after` are `kills`."""
    if status == -signal.SIGKILL and (before is None or after is None or after > before):
        return "out_of_memory", "The kernel was killed while this cell ran: it ran out of memory."
    how = f"with status {status}" if status is not None else "without a word"
    if status is not None and status < 0:
        how = f"by signal {_signal(-status)}"
    return "crashed", f"The kernel died while this cell ran: it ended {how}."


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)
