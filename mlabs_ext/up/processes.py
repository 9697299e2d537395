"""Keeps hold of every process that `mlabs up` causes to exist, so that its end is the end of all of them.

The hub puts its proxy, its services and the users' servers into sessions of their own; should it die, they
would be nobody's. On Linux, `up` adopts them instead. Elsewhere the hub's own clean-up is all there is.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
LINUX = sys.platform == "linux"


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends."""
    if LINUX:
        _prctl(PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent(number: int) -> None:
    """Get signal `number` when the parent process ends, however it ends."""
    if LINUX:
        _prctl(PR_SET_PDEATHSIG, number)


def descendants() -> list[int]:
    """Process ids of all that this process is an ancestor of, nearest first."""
    if not LINUX:
        return []
    found, queue = [], [os.getpid()]
    while queue:
        children = _children(queue.pop(0))
        found += children
        queue += children
    return found


def reap(spare: int) -> None:
    """Take leave of adopted processes that ended; `spare` is left to the one who waits for it.

    Until then they would look alive to a hub that asks after them.
    """
    for pid in _children(os.getpid()):
        if pid != spare:
            try:
                os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                continue


def end_all(patience: float) -> None:
    """End every descendant: ask, wait up to `patience` seconds, then force."""
    for number, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, 5.0)):
        for pid in descendants():
            send(pid, number)
        deadline = time.monotonic() + seconds
        while descendants() and time.monotonic() < deadline:
            reap(spare=0)
            time.sleep(0.05)


def send(pid: int, number: int) -> bool:
    """Send a signal; False where the process is gone."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def command_line(pid: int) -> str:
    """What a process was started with; empty where it is gone or hidden."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def variables(pid: int, prefixes: Sequence[str]) -> dict[str, str]:
    """The variables with which a process of ours was started, of those whose names begin so."""
    if not LINUX or not prefixes:
        return {}
    try:
        said = os.fsdecode(Path(f"/proc/{pid}/environ").read_bytes())
    except OSError:
        return {}
    given = (line.partition("=") for line in said.split("\0"))
    return {name: value for name, _, value in given if name.startswith(tuple(prefixes))}


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += map(int, task.read_text().split())
        except OSError:
            continue  # it ended meanwhile
    return found


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl failed")
