"""Keeps worker processes that render, and kills those that take too long."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator

from mlabs_ext.service import errand
from mlabs_ext.service.rendering import model
from mlabs_ext.service.rendering.frames import LENGTH, READY

START_TIMEOUT = 60


class WorkerFailed(Exception):
    """The worker was killed because it took too long, or ended by itself."""


class Worker:
    """One process; it renders one notebook at a time."""

    def __init__(self, process: Process):
        self._process = process
        # Both are pipes, as was asked for.
        assert process.stdin and process.stdout
        self._input, self._output = process.stdin, process.stdout

    @classmethod
    async def start(cls, arguments: list[str]) -> Worker:
        """Start a process and wait until it is warm; raise WorkerFailed where it does not get there."""
        command = [sys.executable, "-m", "mlabs_ext.service.rendering", *arguments]
        # Its own group, so that what it starts dies with it; its environment holds no secret of the service.
        worker = cls(
            await asyncio.create_subprocess_exec(
                *command, stdin=PIPE, stdout=PIPE, start_new_session=True, env=environment()
            )
        )
        try:
            if await worker._receive(START_TIMEOUT) != READY:
                raise WorkerFailed("The worker did not start.")
        except BaseException:
            await worker.kill()
            raise
        return worker

    async def render(self, request: model.Request, timeout: float) -> model.Response:
        """Render one notebook; raise WorkerFailed after `timeout` seconds. The worker is of no use then."""
        frame = model.encode(request)
        try:
            self._input.write(LENGTH.pack(len(frame)))
            self._input.write(frame)
            return model.decode_response(await self._receive(timeout))
        except ConnectionError as error:
            raise WorkerFailed("The worker ended.") from error

    async def _receive(self, timeout: float) -> bytes:
        try:
            async with asyncio.timeout(timeout):
                header = await self._output.readexactly(LENGTH.size)
                return await self._output.readexactly(LENGTH.unpack(header)[0])
        except TimeoutError as error:
            raise WorkerFailed(f"It took longer than {timeout:g} s.") from error
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise WorkerFailed("The worker ended.") from error

    async def kill(self) -> None:
        """End the process and all that it started."""
        self._input.close()
        await errand.end(self._process)


class Pool:
    """At most `size` workers, started when they are needed."""

    def __init__(self, size: int, arguments: list[str]):
        self._arguments = arguments
        self._places = asyncio.Semaphore(size)
        self._idle: list[Worker] = []
        self._closed = False
        # How many notebooks are being rendered, and how many wait for a worker.
        self.busy = self.waiting = 0

    async def warm(self) -> None:
        """Have one worker ready."""
        async with self._places:
            if not self._idle:
                self._idle.append(await Worker.start(self._arguments))

    async def render(self, request: model.Request, timeout: float) -> model.Response:
        """Render in the next free worker; raise WorkerFailed where it had to be killed."""
        async with self._counted():
            worker = self._idle.pop() if self._idle else await Worker.start(self._arguments)
            try:
                response = await worker.render(request, timeout)
            except BaseException:
                await worker.kill()
                raise
            if self._closed:
                await worker.kill()
            else:
                self._idle.append(worker)
            return response

    @contextlib.asynccontextmanager
    async def _counted(self) -> AsyncIterator[None]:
        self.waiting += 1
        try:
            await self._places.acquire()
        finally:
            self.waiting -= 1
        self.busy += 1
        try:
            yield
        finally:
            self.busy -= 1
            self._places.release()

    async def close(self) -> None:
        """End all workers that are idle; busy ones end with their request."""
        self._closed = True
        while self._idle:
            await self._idle.pop().kill()


def environment() -> dict[str, str]:
    """The variables of the service's that a process may have which handles what strangers sent: no secret."""
    kept = ("PATH", "LANG", "LC_ALL", "HOME", "VIRTUAL_ENV", "PYTHONPATH", "TMPDIR", "LD_LIBRARY_PATH")
    return {name: os.environ[name] for name in kept if name in os.environ}
