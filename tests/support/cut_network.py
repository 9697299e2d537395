"""A way to a server that can go dead without a word, as a laptop's network does when its lid is closed."""

from __future__ import annotations

import asyncio
from contextlib import suppress


class Network:
    """Forwards TCP connections to a port. While it is cut, bytes vanish, and nobody is told."""

    def __init__(self, port: int):
        self.to = port
        self.port = 0
        self._cut = False
        self._server: asyncio.Server
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def up(self) -> None:
        """Begin to forward."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def down(self) -> None:
        """End all connections."""
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in self._writers:
            writer.close()

    async def cut(self) -> None:
        """From now on nothing arrives; the connections that there are never recover."""
        self._cut = True
        for task in self._tasks:
            task.cancel()

    async def mend(self) -> None:
        """New connections work."""
        self._cut = False

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        if self._cut:
            return
        there, back = await asyncio.open_connection("127.0.0.1", self.to)
        self._writers.add(back)
        for source, target in ((reader, back), (there, writer)):
            task = asyncio.create_task(forward(source, target))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)


async def forward(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Pass on what comes, and its end."""
    with suppress(ConnectionError):
        while data := await source.read(1 << 16):
            target.write(data)
            await target.drain()
        target.close()
