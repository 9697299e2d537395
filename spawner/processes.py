"""What a local spawner needs of processes: whether one is the same, listens, and who goes first."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def birth(pid: int) -> str:
    """What tells a process from a later one of the same number, after a reboot too; empty where it is gone.

    Only Linux says; elsewhere the number itself has to do.
    """
    if not Path("/proc/self/stat").exists():
        return str(pid)
    try:
        # The command, in parentheses, may hold anything; the start time is the 22nd field.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    if fields[0] == "Z":
        return ""
    return f"{Path('/proc/sys/kernel/random/boot_id').read_text().strip()} {fields[19]}"


def name(pid: int) -> str:
    """A process, for somebody who wants to `end` it in another life."""
    return f"{pid} {birth(pid)}"


def end(process: str) -> bool:
    """End a process that leads a group, and its group, at once; whether it was there."""
    pid, _, born = process.partition(" ")
    if not born or birth(int(pid)) != born:
        return False
    signal_group(int(pid), signal.SIGKILL)
    return True


async def listens(ip: str, port: int) -> bool:
    """Whether something takes connections there."""
    try:
        _, writer = await asyncio.open_connection(ip, port)
    except OSError:
        return False
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return True


# Waits for the end of its input, away from the process that started it.
WITNESS = 'exec 3<&0; { read -r _; : > "$0"; } <&3 3<&- &'


@contextmanager
def witnessed(file: Path) -> Iterator[int]:
    """Have `file` made in the moment in which the process that inherits the descriptor yielded here ends.

    That does not need the process that asked for it: this one may end before.
    """
    reading, writing = os.pipe()
    try:
        subprocess.run(
            ["/bin/sh", "-c", WITNESS, str(file)],
            stdin=reading,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
            check=True,
        )
        yield writing
    finally:
        os.close(reading)
        os.close(writing)


def signal_group(group: int, number: signal.Signals) -> None:
    """Signal what is left of a process group."""
    with suppress(ProcessLookupError):
        os.killpg(group, number)


def end_me_first() -> None:
    """Run in a child before exec (Linux): when memory runs out, it ends before those without this mark."""
    score = Path("/proc/self/oom_score_adj")
    if score.exists():
        score.write_text("500")
