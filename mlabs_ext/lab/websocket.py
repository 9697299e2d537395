"""Learns on the kernel's websocket what IOPub does not tell: which cell a request executes."""

from __future__ import annotations

import struct
import time
from typing import Any, Protocol

import msgspec
from jupyter_server.services.kernels.connection.base import (
    deserialize_binary_message,
    deserialize_msg_from_ws_v1,
)
from msgspec import Struct

from mlabs_ext.lab import messages
from mlabs_ext.lab.bursts import Bursts
from mlabs_ext.lab.lasting import V1, Lasting
from mlabs_ext.lab.line import Lines
from mlabs_ext.lab.run_all import Request


class Listener(Protocol):
    """The recorder, as far as it matters here."""

    def heard(self, kernel: str, what: Request) -> None:
        """Take a request."""


class ToExecute(Struct):
    """What is read of an execute request's content."""

    code: str = ""
    silent: bool = False
    store_history: bool = True


class Recording(Lasting):
    """Goes before Jupyter Server's own class, as what it builds on does."""

    listener: Listener

    def connect(self) -> Any:
        """Send what follows without delay."""
        self.bursts = Bursts(self.websocket_handler)
        return super().connect()

    def handle_outgoing_message(self, stream: str, outgoing_msg: list[Any]) -> None:
        """Send it, and see whether more follows."""
        self.bursts.sent()
        super().handle_outgoing_message(stream, outgoing_msg)

    def handle_incoming_message(self, incoming_msg: str | bytes) -> None:
        """Report what is to be executed."""
        # First on its way: the kernel works while it is looked at.
        super().handle_incoming_message(incoming_msg)
        if self.channels and (request := execute_request(incoming_msg, self.subprotocol)):
            self.listener.heard(self.kernel_id, request)


def recording(base: type, listener: Listener, lines: Lines) -> type:
    """The websocket connection class `base`, made to report execute requests to `listener`.

    It also sends without delay: small answers would otherwise wait 40 ms for the client's acknowledgement.
    What a front end has missed is kept in `lines`.
    """
    return type("RecordingConnection", (Recording, base), {"lines": lines, "listener": listener})


def execute_request(message: str | bytes, subprotocol: str | None) -> Request | None:
    """The request to execute in a websocket message, if it is one."""
    try:
        if subprotocol == V1 and isinstance(message, bytes):
            return from_parts(message)
        return from_object(
            deserialize_binary_message(message)
            if isinstance(message, bytes)
            else msgspec.json.decode(message)
        )
    except (ValueError, TypeError, AttributeError, IndexError, KeyError, struct.error):
        return None  # malformed: the server's own reading, which comes next, complains about it


def from_parts(message: bytes) -> Request | None:
    """Read the `v1.kernel.websocket.jupyter.org` form."""
    if int.from_bytes(message[:8], "little") * 8 > len(message):
        raise ValueError("more parts than bytes")  # the reading that follows would count them all
    channel, parts = deserialize_msg_from_ws_v1(message)
    header = messages.head(parts[0]) if channel == "shell" else messages.Header()
    if header.msg_type != "execute_request":
        return None
    asked = msgspec.convert(messages.content(parts[3]), ToExecute)
    return request(header.msg_id, messages.content(parts[2]), asked)


def from_object(message: dict[str, Any]) -> Request | None:
    """Read the form without a subprotocol: one JSON object."""
    if message.get("channel") != "shell" or message["header"]["msg_type"] != "execute_request":
        return None
    asked = msgspec.convert(messages.strict(message["content"]), ToExecute)
    return request(message["header"]["msg_id"], messages.strict(message["metadata"]), asked)


def request(message_id: str, metadata: dict[str, Any], asked: ToExecute) -> Request:
    """What the recorder is told."""
    cell = metadata.get("cellId")
    known = messages.plain_id(cell) if isinstance(cell, str) and cell else None
    return Request(
        messages.plain_id(message_id),
        known,
        asked.code,
        asked.store_history and not asked.silent,
        time.monotonic(),
    )
