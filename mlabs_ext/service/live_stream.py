"""One watcher's connection: it is written to, never waited for, and never read from."""

from __future__ import annotations

import asyncio
import socket
import time
from collections import deque
from collections.abc import Awaitable, Callable

from mlabs_ext.service.viewers import Viewer

# Bytes that the system keeps for a connection, beside what is kept here.
KERNEL_BUFFER = 128 * 1024


class Watcher:
    """Sends bytes that all watchers share. For the event loop only.

    Who is more than `behind` bytes behind is let go: they come again and go on where they were. `recheck`
    says who watches, as of now; None is nobody who may.
    """

    def __init__(
        self,
        connection: socket.socket,
        viewer: Viewer,
        behind: int,
        recheck: Callable[[], Awaitable[Viewer | None]],
    ):
        self.connection = connection
        self.viewer = viewer
        self.behind = behind
        self.recheck = recheck
        self.closed = False
        self.on_close: Callable[[Watcher], None] = lambda watcher: None
        self.state: bytes | None = None
        self.moved = time.monotonic()
        self._waiting: deque[bytes | memoryview] = deque()
        self._bytes = 0
        self._ends = False
        self._empty: asyncio.Future[None] | None = None
        self._loop = asyncio.get_running_loop()
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BUFFER)
        self._loop.add_reader(connection, self._heard)

    def send(self, data: bytes) -> None:
        """Send all of it, at once or when the connection takes it; nothing to who is closed."""
        if self._waiting:
            if self._bytes > self.behind:
                self.close()
            else:
                self._keep(data)
            return
        if self.closed:
            return
        try:
            sent = self.connection.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.close()
            return
        if sent < len(data):
            self._keep(memoryview(data)[sent:])
            self._loop.add_writer(self.connection, self._flush)
            self.moved = time.monotonic()

    async def sent(self) -> None:
        """Return once the connection has taken all there is, or is closed."""
        if self._waiting:
            self._empty = self._loop.create_future()
            await self._empty

    def finish(self) -> None:
        """Close the connection once it has taken all there is."""
        self._ends = True
        if not self._waiting:
            self.close()

    def close(self) -> None:
        """Close the connection now."""
        if self.closed:
            return
        self.closed = True
        self._loop.remove_reader(self.connection)
        self._loop.remove_writer(self.connection)
        self._waiting.clear()
        self._bytes = 0
        self.connection.close()
        self._tell_empty()
        self.on_close(self)

    def stuck(self, since: float) -> bool:
        """Whether something waits, of which the connection has taken nothing since that moment."""
        return bool(self._waiting) and self.moved < since

    def _keep(self, data: bytes | memoryview) -> None:
        self._waiting.append(data)
        self._bytes += len(data)

    def _flush(self) -> None:
        while self._waiting:
            data = self._waiting[0]
            try:
                sent = self.connection.send(data)
            except BlockingIOError:
                return
            except OSError:
                self.close()
                return
            self.moved = time.monotonic()
            self._bytes -= sent
            if sent < len(data):
                self._waiting[0] = memoryview(data)[sent:]
                return
            self._waiting.popleft()
        self._loop.remove_writer(self.connection)
        if self._ends:
            self.close()
        else:
            self._tell_empty()

    def _heard(self) -> None:
        """A watcher has nothing to say: it has gone, or is no watcher."""
        self.close()

    def _tell_empty(self) -> None:
        if self._empty is not None and not self._empty.done():
            self._empty.set_result(None)
        self._empty = None
