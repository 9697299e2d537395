"""What one front end and one kernel say to each other, however many websockets that takes.

A front end that asks for it (`mlabs_line` in the websocket's address) gets each message of the kernel
exactly once and in order, and so does the kernel those of the front end: both sides count, keep what the
other has not confirmed, and go on from there on the next websocket. That a connection is gone is noticed by
the front end, which asks for a sign of life: packets that get lost tell nobody. Beside the kernel's messages,
which are binary and as they always were, there are short texts, in JSON. From the server, first a hello:

    {"mlabs": "hello", "line": name, "resumed": bool, "got": n, "from": n, "missed": n}
    {"mlabs": "pong", "got": n}

And from the front end, which is answered a ping only:

    {"mlabs": "ping", "received": n}
    {"mlabs": "ack", "received": n}
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Protocol

import msgspec
from msgspec import Struct
from tornado.iostream import StreamClosedError
from tornado.websocket import WebSocketClosedError, WebSocketHandler
from traitlets import Dict, Float, Integer
from traitlets.config import LoggingConfigurable

from mlabs_ext.lab.backlog import Backlog

# What may be on its way without having been confirmed: the rest waits here, not in a socket that may be dead.
MANY = 4000
MUCH = 8_000_000


class Hello(Struct, tag_field="mlabs", tag="hello"):
    """What the server says first on each websocket."""

    line: str
    resumed: bool
    got: int
    first: int = msgspec.field(name="from")
    missed: int = 0


class Pong(Struct, tag_field="mlabs", tag="pong"):
    """The answer to a sign of life."""

    got: int


class Sign(Struct):
    """What a front end says of itself."""

    mlabs: str = ""
    received: int = 0


class Asked(Struct):
    """What a front end that connects asks for: the line's name, empty for a new one, and how far it came."""

    line: str
    received: int = 0
    again: bool = False


class Holder(Protocol):
    """The websocket connection, as far as it matters here: it hears the kernel, even without a websocket."""

    line: Line | None
    ports: Sequence[int]
    channels: dict[str, Any]

    @property
    def alive(self) -> bool:
        """Whether there is a kernel to hear."""

    def let_go(self) -> None:
        """Hear the kernel no more."""

    def left_out(self, message: bytes) -> bytes | None:
        """What is said in place of a message for which there is no room; None for one that has to be kept."""


class Line:
    """One front end's messages. `key` names kernel and session, as Jupyter Server does."""

    def __init__(self, key: str, holder: Holder, backlog: Backlog):
        self.key = key
        self.name = secrets.token_urlsafe(12)
        self.holder = holder
        self.backlog = backlog
        self.got = 0
        self.greeted = False
        self.ending: asyncio.TimerHandle | None = None
        self._handler: WebSocketHandler | None = None
        self._sent = 0
        self._flying = 0
        self._told: set[bytes] = set()

    def say(self, message: bytes, binary: bool = True) -> None:
        """Take a message of the kernel: it is sent now, or as soon as there is somebody to send it to."""
        if self.backlog.full and (note := self.holder.left_out(message)) is not None:
            if note in self._told:
                return
            self._told.add(note)
            message = note
        self.backlog.append(message)
        if self._sent == self.backlog.last - 1 and self._open:
            self._write(message)

    def told(self, text: str) -> None:
        """Take a sign of life, or a confirmation; anything else is no concern of ours."""
        try:
            sign = msgspec.json.decode(text, type=Sign)
        except msgspec.DecodeError:
            return
        if sign.mlabs in ("ping", "ack"):
            self._flying -= self.backlog.confirm(min(sign.received, self._sent))
            self._pump()
        if sign.mlabs == "ping" and self._handler is not None:
            self._post(Pong(self.got))

    def can_go_on_from(self, received: int) -> bool:
        """Whether all after that number is here."""
        return self.backlog.confirmed <= received <= self.backlog.last

    def take_over(self, holder: Holder) -> None:
        """Another connection hears the kernel from now on, and has yet to be attached."""
        if self.ending is not None:
            self.ending.cancel()
            self.ending = None
        self.detach()
        self.holder = holder

    def attach(self, handler: WebSocketHandler, received: int, resumed: bool) -> None:
        """Go on, on another websocket."""
        self.backlog.confirm(received)
        self._sent, self._flying = received, 0
        self._handler, self.greeted = handler, True
        self._post(Hello(self.name, resumed, self.got, received + 1, self.backlog.last - received))
        self._pump()

    def detach(self) -> None:
        """The websocket is gone."""
        self._handler = None

    @property
    def _open(self) -> bool:
        flying = self._sent - self.backlog.confirmed
        return self._handler is not None and flying < MANY and self._flying < MUCH

    def _pump(self) -> None:
        while self._open and self._sent < self.backlog.last:
            self._write(self.backlog.get(self._sent + 1))

    def _write(self, message: bytes) -> None:
        self._sent += 1
        self._flying += len(message)
        assert self._handler is not None
        try:
            self._handler.write_message(message, binary=True)
        except (WebSocketClosedError, StreamClosedError):
            self.detach()

    def _post(self, what: Struct) -> None:
        assert self._handler is not None
        with suppress(WebSocketClosedError, StreamClosedError):
            self._handler.write_message(msgspec.json.encode(what).decode(), binary=False)


class Lines(LoggingConfigurable):
    """The lines of this server, by kernel and session."""

    memory = Integer(
        4_000_000,
        help="""Bytes of memory for what one front end has not confirmed; more than that waits on disk.
        Default: 4 MB. Example: `c.Lines.memory = 1_000_000` on small machines.""",
    ).tag(config=True)
    disk = Integer(
        256_000_000,
        help="""Bytes that are kept for one front end that is away; outputs beyond that are left out of the
        notebook, with a note that says so, and stay in the record of the run. Default: 256 MB. Example:
        `c.Lines.disk = 1_000_000_000`.""",
    ).tag(config=True)
    keep = Float(
        86_400.0,
        help="""Seconds for which outputs are kept for a front end whose connection was lost. Default: a day.
        Example: `c.Lines.keep = 3600`.""",
    ).tag(config=True)
    keep_closed = Float(
        60.0,
        help="""Seconds for which they are kept for one that has closed its connection by itself: it also does
        that to connect anew. Default: 60. Example: `c.Lines.keep_closed = 10`.""",
    ).tag(config=True)
    open = Dict()

    def begin(self, key: str, holder: Holder) -> Line:
        """A new line. One that the same front end had is over, and so are those to kernels that are gone."""
        for old in list(self.open.values()):
            if old.key == key or not old.holder.alive:
                self.end(old)
        self.open[key] = line = Line(key, holder, Backlog(self.memory, self.disk))
        return line

    def find(self, key: str, asked: Asked) -> Line | None:
        """The line to go on with; None where there is none, or not all of what is missing."""
        line = self.open.get(key)
        if line is None or line.name != asked.line or not line.can_go_on_from(asked.received):
            return None
        return line

    def hold(self, line: Line, closed: bool) -> None:
        """Keep a line without a websocket, for a while."""
        line.detach()
        loop = asyncio.get_running_loop()
        line.ending = loop.call_later(self.keep_closed if closed else self.keep, self.end, line)

    def end(self, line: Line) -> None:
        """Forget a line."""
        if line.ending is not None:
            line.ending.cancel()
        if self.open.get(line.key) is line:
            del self.open[line.key]
        line.detach()
        line.backlog.close()
        line.holder.let_go()

    def close(self) -> None:
        """The server stops."""
        for line in list(self.open.values()):
            self.end(line)


def asked_for(argument: Callable[[str, Any], Any]) -> Asked | None:
    """What the address of a websocket asks for; None where it asks for nothing, or for nonsense."""
    line, received = argument("mlabs_line", None), argument("mlabs_received", "0")
    if line is None or not received.isdecimal():
        return None
    return Asked(line, int(received), argument("mlabs_again", "") == "1")
