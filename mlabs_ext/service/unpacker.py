"""Has the notebook found in a file by a process of its own, so that no file can hold up the service."""

from __future__ import annotations

import asyncio
import sys

import msgspec
from traitlets import Float
from traitlets.config import LoggingConfigurable

from mlabs_ext import errors
from mlabs_ext.errors import MLabsError, Unusable
from mlabs_ext.service.errand import answered
from mlabs_ext.service.render_pool import environment
from mlabs_ext.service.unpacking import Failed, Task, Unpacked, is_simple

AT_ONCE = 2
KINDS = {kind.status: kind for kind in (errors.BadInput, errors.TooLarge, errors.Unusable)}


class Answer(msgspec.Struct):
    """What the process answers: one of the two."""

    found: Unpacked | None = None
    failed: Failed | None = None


class Unpacker(LoggingConfigurable):
    """Finds notebooks in scripts and archives, at most a few at a time."""

    timeout = Float(
        20.0,
        help="""Seconds that a script or an archive may take to become a notebook.

        Default: 20. Example:

            c.Unpacker.timeout = 60
        """,
    ).tag(config=True)

    def __init__(self, **kwargs: object):
        super().__init__(**kwargs)
        self._free = asyncio.Semaphore(AT_ONCE)

    async def unpack(self, task: Task) -> Unpacked:
        """The notebook in a file; raises what is wrong with the file."""
        if is_simple(task):
            return Unpacked(task.name, task.data)
        async with self._free:
            out = await self._asked(msgspec.msgpack.encode(task))
        if not out:
            raise Unusable("This file takes too long, or too much memory, to be imported.", "import_failed")
        answer = msgspec.msgpack.decode(out, type=Answer)
        if answer.found is None:
            raise told(answer.failed)
        return answer.found

    async def _asked(self, task: bytes) -> bytes | None:
        command = [sys.executable, "-m", "mlabs_ext.service.unpack_worker"]
        out = await answered(command, task, self.timeout, environment())
        if out is None:
            self.log.warning("A file took longer than %g s to be unpacked", self.timeout)
        return out


def told(failed: Failed | None) -> MLabsError:
    """The error that the process found."""
    if failed is None:
        return Unusable("This file cannot be imported.", "import_failed")
    return KINDS.get(failed.status, Unusable)(failed.message, failed.code)
