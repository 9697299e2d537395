"""Few messages go alone, many together; over a real websocket."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application
from tornado.websocket import WebSocketHandler, websocket_connect

from mlabs_ext.lab.bursts import MANY, WINDOW, Bursts

# On a busy machine they do not go out within the window: that says nothing.
HELD_UP = "held up"


class Talker(WebSocketHandler):
    """Sends as many messages as it is asked to."""

    async def on_message(self, message: str) -> None:
        bursts, alone = Bursts(self), []
        began = time.monotonic()
        for number in range(int(message)):
            bursts.sent()
            self.write_message(str(number))
            alone.append(self.alone())
        held_up = time.monotonic() - began > WINDOW / 2
        await asyncio.sleep(3 * WINDOW)
        self.write_message(HELD_UP if held_up else repr([*alone, self.alone()]))
        self.close()
        # A look that comes too late for the connection.
        for _ in range(MANY):
            bursts.sent()
        await asyncio.sleep(3 * WINDOW)

    def alone(self) -> bool:
        """Whether the kernel of the operating system sends small messages by themselves."""
        raw = self.ws_connection.stream.socket
        return bool(raw.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))


@pytest.mark.parametrize(
    ("count", "expected"),
    [(1, [True]), (MANY - 1, [True] * (MANY - 1)), (MANY + 2, [True] * (MANY - 1) + [False] * 3)],
    ids=["one", "some", "many"],
)
async def test_messages_wait_for_one_another_only_where_there_are_many(count, expected):
    while (received := await said(count))[-1] == HELD_UP:
        pass
    assert received == [*map(str, range(count)), repr([*expected, True])]


async def said(count):
    """What a talker sends that is asked for so many messages."""
    listener, port = bind_unused_port()
    server = HTTPServer(Application([("/", Talker)]))
    server.add_socket(listener)
    client = await websocket_connect(f"ws://127.0.0.1:{port}/")
    await client.write_message(str(count))
    received = []
    while (message := await asyncio.wait_for(client.read_message(), 10)) is not None:
        received.append(message)
    client.close()
    server.stop()
    await server.close_all_connections()
    return received
