"""Asks a program that may hang."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping


async def asked(
    *command: str, timeout: float, question: bytes | None = None, env: Mapping[str, str] | None = None
) -> tuple[bytes, int]:
    """What a program writes when it is told the question, and the status that it ends with.

    One that takes longer than `timeout` seconds is killed, and has written nothing. Raises OSError where it
    cannot be started.
    """
    stdin = DEVNULL if question is None else PIPE
    process = await asyncio.create_subprocess_exec(
        *command, stdin=stdin, stdout=PIPE, stderr=DEVNULL, env=None if env is None else dict(env)
    )
    try:
        async with asyncio.timeout(timeout):
            said, _ = await process.communicate(question)
    except TimeoutError:
        said = b""
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return said, process.returncode or 0
