"""A websocket connection to a kernel whose front end may lose it and come back, and has missed nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from jupyter_server.services.kernels.connection.base import deserialize_msg_from_ws_v1, serialize_msg_to_ws_v1

from mlabs_ext.lab import messages
from mlabs_ext.lab.line import Asked, Holder, Line, Lines, asked_for

if TYPE_CHECKING:
    from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection as Host
else:
    Host = object

V1 = "v1.kernel.websocket.jupyter.org"
# The page goes away, and nobody comes back with its session.
GOING_AWAY = 1001
# The page closed it by itself; without a code nobody knows.
CLOSED = (1000, 4001)
OUTPUTS = messages.OUTPUTS | {"update_display_data", "clear_output", "comm_msg"}
LEFT_OUT = (
    "[MLabs: the connection was away for so long that further outputs of this cell were not kept for this "
    "page. The record of the run has them: see History.]\n"
)


class Lasting(Host):
    """Goes before Jupyter Server's own class. Front ends that do not ask for a line notice nothing of it."""

    lines: Lines
    line: Line | None = None
    # Those of the kernel when this connected.
    ports: Sequence[int] = ()
    _spoken: str | None = None

    @property
    def subprotocol(self) -> str | None:
        """Known without a websocket, too."""
        return self._spoken or super().subprotocol

    @property
    def alive(self) -> bool:
        """Whether there is a kernel to hear."""
        return self.kernel_id in self.multi_kernel_manager

    @property
    def write_message(self) -> Any:
        """Where messages of the kernel go."""
        return super().write_message if self.line is None else self.line.say

    def connect(self) -> Any:
        """Begin a line, go on with one, or connect as ever."""
        asked = asked_for(self.websocket_handler.get_query_argument)
        if asked is None or self.subprotocol != V1:
            return super().connect()
        self._spoken = V1
        self.ports = list(self.kernel_manager.ports)
        line = self.lines.find(self.session_key, asked)
        return self._begin(asked) if line is None else self._go_on(line, asked)

    def disconnect(self) -> Any:
        """Without its websocket it goes on hearing the kernel, for a front end that may come back."""
        line, code = self.line, self.websocket_handler.close_code
        if line is None:
            return super().disconnect()
        if not line.greeted or code == GOING_AWAY or not self.alive:
            self.lines.end(line)
            self._disconnect()
        elif line.ending is None:
            self._stay(line, closed=code in CLOSED)
        return None

    def handle_incoming_message(self, incoming_msg: str | bytes) -> None:
        """Count what is for the kernel; texts are for the line."""
        if self.line is not None:
            if isinstance(incoming_msg, str):
                self.line.told(incoming_msg)
                return
            self.line.got += 1
        # Jupyter Server's own type knows texts only, though it is given bytes and reads them.
        super().handle_incoming_message(incoming_msg)  # type: ignore[arg-type]

    def left_out(self, message: bytes) -> bytes | None:
        """The note for a cell whose outputs are too many; None for what ends it, or asks something."""
        channel, parts = deserialize_msg_from_ws_v1(message)
        if channel != "iopub" or messages.head(parts[0]).msg_type not in OUTPUTS:
            return None
        parent = bytes(parts[1])
        content = {"name": "stderr", "text": LEFT_OUT}
        header = {
            "msg_id": "mlabs-left-out", "msg_type": "stream", "username": "", "session": "", "version": "5.3",
        }  # fmt: skip
        pack = self.session.pack
        return serialize_msg_to_ws_v1([pack(header), parent, pack({}), pack(content)], "iopub")

    def let_go(self) -> None:
        """Hear the kernel no more."""
        self.line = None
        self._follow_restarts(False)
        for stream in self.channels.values():
            if not stream.closed():
                stream.on_recv(None)
                stream.close()
        self.channels = {}

    def _begin(self, asked: Asked) -> Any:
        self.line = line = self.lines.begin(self.session_key, self)
        if asked.again:
            # What it comes back for is not here: it need not wait to hear that.
            line.attach(self.websocket_handler, 0, resumed=False)
        connected = super().connect()
        if connected is not None and not asked.again:
            connected.add_done_callback(lambda _: self._greet(line, 0, resumed=False))
        return connected

    def _go_on(self, line: Line, asked: Asked) -> Any:
        """Hear on from where the connection before stopped; what it has heard is in the line."""
        self.multi_kernel_manager.notify_connect(self.kernel_id)
        same = self._take_streams(line.holder)
        self.line = line
        line.take_over(self)
        self._listen()
        self._follow_restarts(True)
        type(self)._open_sockets.add(self)
        # A front end also connects anew after a restart: what the kernel says first has to be heard.
        connected = done() if asked.again and same else self.nudge()
        connected.add_done_callback(lambda _: self._listen())
        connected.add_done_callback(lambda _: self._greet(line, asked.received, resumed=True))
        return connected

    def _take_streams(self, before: Holder) -> bool:
        """Take over the open streams with all that is in them; False where all have to be new."""
        same = before.ports == self.ports
        if same:
            self.channels, before.channels = before.channels, {}
        else:
            for stream in before.channels.values():
                stream.flush()
            self.create_stream()
        before.let_go()
        return same

    def _greet(self, line: Line, received: int, resumed: bool) -> None:
        if self.line is line and self.websocket_handler.ws_connection is not None:
            line.attach(self.websocket_handler, received, resumed)

    def _stay(self, line: Line, closed: bool) -> None:
        channels, self.channels = self.channels, {}
        self._disconnect()
        self.channels = channels
        self._follow_restarts(True)
        self.lines.hold(line, closed)

    def _disconnect(self) -> None:
        super().disconnect()
        # Jupyter Server keeps the messages of a kernel's last front end; this one's are in its line.
        self.multi_kernel_manager.get_buffer(self.kernel_id, self.session_key)

    def _listen(self) -> None:
        for stream in self.channels.values():
            if not stream.closed():
                stream.on_recv_stream(self.handle_outgoing_message)

    def _follow_restarts(self, follow: bool) -> None:
        if not self.alive:
            return
        kernels = self.multi_kernel_manager
        change = kernels.add_restart_callback if follow else kernels.remove_restart_callback
        change(self.kernel_id, self.on_kernel_restarted)
        change(self.kernel_id, self.on_restart_failed, "dead")


def done() -> asyncio.Future[None]:
    """A future that is over."""
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    future.set_result(None)
    return future
