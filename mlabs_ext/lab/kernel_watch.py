"""Hears what every kernel of this server says and what becomes of it, without a connection of its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

import zmq
from jupyter_events import EventLogger
from jupyter_server._tz import utcnow
from jupyter_server.services.kernels.kernelmanager import MappingKernelManager
from traitlets import Instance
from traitlets.config import LoggingConfigurable
from zmq.eventloop.zmqstream import ZMQStream

from mlabs_ext.lab.messages import DELIMITER, head
from mlabs_ext.lab.parts import Part

KERNEL_ACTIONS = "https://events.jupyter.org/jupyter_server/kernel_actions/v1"
HAPPENINGS = {"interrupt": "interrupted", "restart": "restarted", "shutdown": "shutdown"}
FLUSHED = 10_000
# Messages that may wait to be read: beyond the default thousand a busy machine loses some, even the last.
QUEUED = 100_000
# Milliseconds between tries to reach a restarted kernel: in the default 100 its first words get lost.
RETRY = 5
# Seconds between two messages that tell the server only that the kernel is active: it reads each one whole.
ACTIVE = 0.5
# Delimiter, signature, header, parent's header, metadata, content.
PARTS = 6
CONTENT = 3
STATES = {b'{"execution_state": "%s"}' % state: state.decode() for state in (b"busy", b"idle")}


class Listener(Protocol):
    """The recorder, as far as it matters here."""

    def heard(self, kernel: str, what: Any) -> None:
        """Take frames, or the name of what happened."""


class KernelWatch(LoggingConfigurable):
    """Hooks on one kernel manager. A subclass could not be configured from an extension's own file."""

    kernels = Instance(MappingKernelManager)
    events = Instance(EventLogger)
    listener = Part[Listener]()

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self._ports: dict[str, list[int]] = {}
        self._ending: dict[str, ZMQStream] = {}
        # Its methods are replaced, which no type foresees.
        hooked: Any = self.kernels
        self._start: Callable[[str], None] = hooked.start_watching_activity
        self._stop: Callable[[str], None] = hooked.stop_watching_activity
        hooked.start_watching_activity = self._start_watching
        hooked.stop_watching_activity = self._stop_watching
        self.events.add_listener(schema_id=KERNEL_ACTIONS, listener=self._acted)
        for kernel in self.kernels.list_kernel_ids():
            self._chain(kernel)

    def flush(self) -> None:
        """Hear what has arrived and has not been read yet."""
        for kernel in self.kernels.list_kernel_ids():
            if stream := getattr(self.kernels.get_kernel(kernel), "_activity_stream", None):
                flush(stream)

    def _manager(self, kernel: str) -> Any:
        """A kernel's own manager, to which the server has given more attributes than its type tells of."""
        return self.kernels.get_kernel(kernel)

    def _start_watching(self, kernel: str) -> None:
        self._let_go(kernel)
        context = self.kernels.get_kernel(kernel).context
        context.rcvhwm, context.reconnect_ivl = QUEUED, RETRY
        self._start(kernel)
        del context.rcvhwm, context.reconnect_ivl
        self._chain(kernel)

    def _stop_watching(self, kernel: str) -> None:
        """The server stops before it ends a kernel; what the kernel says in its last moments counts here."""
        manager = self._manager(kernel)
        stream = getattr(manager, "_activity_stream", None)
        if stream is not None and not stream.closed():
            self._ending[kernel] = stream
            manager._activity_stream = None
        self._stop(kernel)

    def _let_go(self, kernel: str) -> None:
        if stream := self._ending.pop(kernel, None):
            flush(stream)
            stream.close()

    def _chain(self, kernel: str) -> None:
        """Hear each message after the server has, on the stream that it has open already."""
        manager = self._manager(kernel)
        stream = getattr(manager, "_activity_stream", None)
        if stream is None or stream.closed():
            return
        server_hears = stream._recv_callback
        told = 0.0

        def both_hear(frames: list[bytes]) -> None:
            nonlocal told
            now = time.monotonic()
            state = execution_state(frames)
            if state and self.kernels.track_message_type("execute_request"):
                self.kernels.last_kernel_activity = manager.last_activity = utcnow()
                manager.execution_state = state
            elif now - told > ACTIVE or may_tell_state(frames):
                told = now
                server_hears(frames)
            if state != "busy":
                self.listener.heard(kernel, frames)

        stream.on_recv(both_hear)
        if kernel not in self._ports:
            manager.add_restart_callback(lambda: self.listener.heard(kernel, "died"), "restart")
            manager.add_restart_callback(lambda: self._gone(kernel), "dead")
        self._ports[kernel] = list(manager.ports)

    def _gone(self, kernel: str) -> None:
        self._ports.pop(kernel, None)
        self._let_go(kernel)
        self.listener.heard(kernel, "gone")

    async def _acted(self, logger: EventLogger, schema_id: str, data: dict[str, Any]) -> None:
        """What the server did to a kernel; a kernel that died is restarted without the kernel manager."""
        kernel, action = data.get("kernel_id"), HAPPENINGS.get(data["action"])
        if kernel and action == "shutdown":
            self._let_go(kernel)
        if not kernel or not action or data.get("status") != "success":
            return
        self.listener.heard(kernel, action)
        if action == "shutdown":
            self._ports.pop(kernel, None)
        elif action == "restarted" and kernel in self.kernels:
            self._follow(kernel)

    def _follow(self, kernel: str) -> None:
        """Listen at the new ports of a kernel that was restarted there.

        As at its first start, "starting" keeps front ends waiting until the kernel has been heard.
        """
        manager = self._manager(kernel)
        if list(manager.ports) != self._ports.get(kernel):
            self.kernels.stop_watching_activity(kernel)
            manager.execution_state = "starting"
            self.kernels.start_watching_activity(kernel)


def execution_state(frames: list[bytes]) -> str | None:
    """The state that the kernel is in before or after an execution, where the message tells just that.

    It is told before and after every cell, and the server reads such a message whole, twice.
    """
    if DELIMITER not in frames:
        return None
    parts = frames[frames.index(DELIMITER) + 2 :]
    if len(parts) < CONTENT + 1 or b'"status"' not in parts[0] or b'"execute_request"' not in parts[1]:
        return None
    return STATES.get(parts[CONTENT]) if is_status(parts[0], parts[1]) else None


def is_status(header: bytes, parent: bytes) -> bool:
    """Whether it is a state, and of an execution: texts that look like it may stand anywhere in a header."""
    return head(header).msg_type == "status" and head(parent).msg_type == "execute_request"


def may_tell_state(frames: list[bytes]) -> bool:
    """Whether the server might learn more from a message than that the kernel is active."""
    if DELIMITER not in frames:
        return True
    at = frames.index(DELIMITER)
    return len(frames) < at + PARTS or b'"status"' in frames[at + 2]


def flush(stream: ZMQStream) -> None:
    """Read what has arrived."""
    if not stream.closed():
        stream.flush(zmq.POLLIN, limit=FLUSHED)
