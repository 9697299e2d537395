"""Front ends of a real server that lose their connection while a kernel works, and come back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from lab.user_server import TOKEN, V1, FrontEnd, UserServer, execution
from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

pytestmark = pytest.mark.asyncio(loop_scope="module")

SLOW = "import time\nfor n in range(40):\n    print(n, flush=True)\n    time.sleep(0.05)"
LINES = "".join(f"{n}\n" for n in range(40))


class LastingFrontEnd(FrontEnd):
    """A tab that counts, as the labextension does."""

    line = ""
    got = 0

    def __init__(self, *arguments: Any):
        super().__init__(*arguments)
        self.received = 0
        self.unconfirmed: list[bytes] = []
        self.hello: dict[str, Any] = {}
        self.abandoned: list[WebSocketClientConnection] = []

    async def connect(self, again: bool = False) -> LastingFrontEnd:
        address = (
            f"ws://127.0.0.1:{self.server.port}/api/kernels/{self.kernel}/channels?session_id={self.id}"
            f"&mlabs_line={self.line}&mlabs_received={self.received}&mlabs_again={int(again)}"
        )
        request = HTTPRequest(address, headers={"Authorization": f"token {TOKEN}"}, request_timeout=90)
        self.socket = await websocket_connect(request, subprotocols=[V1])
        self.hello = json.loads(await self.socket.read_message())
        assert self.hello["mlabs"] == "hello"
        if again or self.line:
            missing = len(self.unconfirmed) - (self.hello["got"] - self.got)
            for message in self.unconfirmed[len(self.unconfirmed) - missing :] if missing else []:
                self.socket.write_message(message, binary=True)
        self.line = self.hello["line"]
        if self not in self.server.front_ends:
            self.server.front_ends.append(self)
        return self

    def ask(self, kind: str, content: dict[str, Any], metadata: dict[str, Any]) -> str:
        message, written = self.written(kind, content, metadata)
        self.unconfirmed.append(written)
        self.socket.write_message(written, binary=True)
        return message

    async def receive(self) -> tuple[str, dict[str, Any], dict[str, Any], Any]:
        answer = await super().receive()
        self.received += 1
        return answer

    def lose(self) -> None:
        """The network takes nothing any more: neither side hears of it."""
        self.abandoned.append(self.socket)

    async def close(self) -> None:
        for socket in self.abandoned:
            socket.close()
        await super().close()


async def lasting(server: UserServer) -> LastingFrontEnd:
    plain = await server.open_notebook()
    front_end = LastingFrontEnd(server, plain.session, plain.kernel)
    await front_end.connect()
    await front_end.hears()
    return front_end


async def output(front_end: FrontEnd, request: str) -> str:
    """What a request writes until both its reply and its end have come."""
    text, wanted = "", {"execute_reply", "idle"}
    while wanted:
        _, header, parent, content = await front_end.receive()
        if parent.get("msg_id") != request:
            continue
        said = json.loads(content)
        text += said["text"] if header["msg_type"] == "stream" else ""
        wanted -= {header["msg_type"], said.get("execution_state")}
    return text


@pytest.mark.parametrize("noticed", [False, True], ids=["nobody notices", "the server notices"])
async def test_what_a_cell_prints_meanwhile_is_caught_up(server, noticed):
    front_end = await lasting(server)
    request = front_end.send(SLOW)
    text = ""
    while text.count("\n") < 3:
        _, header, _, content = await front_end.receive()
        text += json.loads(content)["text"] if header["msg_type"] == "stream" else ""
    front_end.lose()
    if noticed:
        front_end.socket.stream.close()
    # What this one hears tells that the cell is done.
    other = await front_end.another()
    await other.execute("1")
    await front_end.connect(again=True)
    assert front_end.hello["resumed"]
    assert front_end.hello["missed"] > 30
    assert text + await output(front_end, request) == LINES
    assert await front_end.execute("2") == "ok"


async def test_what_it_asked_for_meanwhile_is_executed_once(server):
    front_end = await lasting(server)
    await front_end.execute("n = 0")
    front_end.lose()
    message, written = front_end.written(*execution("n += 1; print(n)"))
    front_end.unconfirmed.append(written)
    await front_end.connect(again=True)
    assert await output(front_end, message) == "1\n"
    front_end.lose()
    await front_end.connect(again=True)
    assert await output(front_end, front_end.send("print(n)")) == "1\n"


async def test_it_connects_anew_after_a_restart(server):
    front_end = await lasting(server)
    request = front_end.send("print('before')")
    assert await output(front_end, request) == "before\n"
    await front_end.restart()
    front_end.socket.close(4001)
    await front_end.connect()
    assert front_end.hello["resumed"]
    assert await output(front_end, front_end.send("print('after')")) == "after\n"


async def test_a_kernel_that_dies_meanwhile_is_told_of(server):
    front_end = await lasting(server)
    request = front_end.send("import os, time; time.sleep(0.5); os._exit(1)")
    await front_end.until(request, "execute_input")
    front_end.lose()
    front_end.socket.stream.close()
    other = await front_end.another()
    while (await other.receive())[3].find(b"restarting") < 0:
        pass
    await front_end.connect(again=True)
    while (await front_end.receive())[3].find(b"restarting") < 0:
        pass
    # Jupyter Server cannot end a kernel that is just being restarted.
    await other.hears()


async def test_a_line_that_is_not_there_is_said_to_be_new(server):
    front_end = await lasting(server)
    front_end.lose()
    front_end.line = "forgotten"
    front_end.unconfirmed.clear()
    front_end.received = 0
    await front_end.connect(again=True)
    assert not front_end.hello["resumed"]


async def test_two_tabs_each_have_their_own(server):
    one = await lasting(server)
    two = LastingFrontEnd(server, one.session, one.kernel)
    await two.connect()
    one.lose()
    one.socket.stream.close()
    assert await two.execute("print('from two')") == "ok"
    await one.connect(again=True)
    while b"from two" not in (await one.receive())[3]:
        pass
