"""Has two notebooks compared by a process that may be ended, for notebooks can be made to take forever."""

from __future__ import annotations

import sys

import msgspec

from mlabs_ext.asking import asked
from mlabs_ext.wire.comparisons import Difference

# Bytes of two notebooks together, and seconds, that are not worth more to anybody who waits for a page.
MAX_SIZE = 20 << 20
TIMEOUT = 10.0


async def compared(
    a: bytes, b: bytes, code_only: bool = False, timeout: float = TIMEOUT
) -> tuple[Difference | None, int]:
    """What takes notebook `a` to `b`, as JSON in nbformat 4.5; None where that took too long or too much.

    Beside it the status that the process ended with. `timeout` in seconds.
    """
    task = b'{"a":%b,"b":%b,"code_only":%b}' % (a, b, b"true" if code_only else b"false")
    worker = (sys.executable, "-m", "mlabs_ext.notebook_diff_worker")
    out, status = await asked(*worker, timeout=timeout, question=task)
    return (msgspec.json.decode(out, type=Difference) if out else None), status
