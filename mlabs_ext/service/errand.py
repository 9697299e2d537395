"""Has one question answered by a process of its own, which is ended when its time is over."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping, Sequence


async def answered(
    command: Sequence[str],
    question: bytes,
    timeout: float,
    env: Mapping[str, str],
    memory: int = 0,
    quiet: bool = False,
) -> bytes | None:
    """What the process writes; None where it takes longer than `timeout` seconds.

    `memory` limits what it may write to, in bytes; 0 leaves that to the process itself. What it complains of
    goes to the log of the service, or nowhere where it is `quiet`.
    """
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL if quiet else None,
        start_new_session=True,
        env=dict(env),
    )
    try:
        if memory:
            limit(process, memory)
        async with asyncio.timeout(timeout):
            return (await process.communicate(question))[0]
    except TimeoutError:
        return None
    finally:
        await end(process)


def limit(process: Process, memory: int) -> None:
    """Let a process write to so many bytes of memory."""
    # Node.js reserves far more addresses than it uses, so those cannot be limited.
    resource.prlimit(process.pid, resource.RLIMIT_DATA, (memory, memory))


async def end(process: Process) -> None:
    """End a process that leads a session of its own, and all that it started."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
