"""Sends a kernel's few answers at once, and many outputs in packets that are worth reading."""

from __future__ import annotations

import asyncio

from tornado.websocket import WebSocketHandler

# Seconds between two looks at how much is sent, and from how many messages in that time they wait.
WINDOW = 0.01
MANY = 24


class Bursts:
    """Decides for one websocket whether small messages go alone.

    Alone, none waits for the client's acknowledgement of the one before, which takes browsers 40 ms. But of
    thousands each would wake the client by itself, on a machine that has a kernel to run: they may wait until
    the next look.
    """

    def __init__(self, handler: WebSocketHandler):
        self._handler = handler
        self._sent = 0
        self._timer: asyncio.TimerHandle | None = None
        self._alone(True)

    def sent(self) -> None:
        """One more message is sent."""
        self._sent += 1
        if self._timer is None:
            self._look_later()
        elif self._sent == MANY:
            self._alone(False)

    def _look_later(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(WINDOW, self._look)

    def _look(self) -> None:
        many = self._sent >= MANY
        self._sent, self._timer = 0, None
        # Whatever has waited goes now.
        self._alone(True)
        if many:
            self._alone(False)
            self._look_later()

    def _alone(self, alone: bool) -> None:
        if self._handler.ws_connection is not None:
            self._handler.set_nodelay(alone)
