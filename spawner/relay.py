"""The door between labs' containers and MLabs: passes connections on to the proxy, which listens elsewhere.

`python -m mlabs_spawner.relay --to 127.0.0.1:8000`, kept running beside the hub. Without it the proxy would
have to listen where other machines reach it too.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import os
import resource
import signal
import socket
from collections import Counter
from collections.abc import Coroutine

from traitlets import Unicode
from traitlets.config import Application

from mlabs_spawner import engine
from mlabs_spawner.network import LabNetwork, NetworkFailed, Place

# Listen on the gateway's address also while the bridge is away, as when Docker starts again.
IP_FREEBIND = 15
PIECE = 64 * 1024
AGAIN = 2.0
# Seconds between two looks for where the network is: made anew, it has other addresses.
LOOK = 3.0
# Seconds that the engine has for its answer: whoever ends this process waits as long.
ENGINE_WITHIN = 20
CLOSED = "Labs cannot reach MLabs yet"
UNSEEN = "Whether the labs' network is where it was cannot be seen"
LOOPBACK = "127.0.0.1"
# Of each address: one lab that opens connections without end must not be in the way of the others.
MOST = 256


class Door:
    """Takes connections from the network at its gateway, and passes them on to `to`."""

    def __init__(self, port: int, to: tuple[str, int]):
        self.port, self.to = port, to
        self.place: Place | None = None
        self.server: asyncio.Server | None = None
        self.open_now: Counter[str] = Counter()

    @staticmethod
    def address(text: str) -> tuple[str, int]:
        """Host and port of `host:port`; an IPv6 host stands in brackets."""
        host, _, port = text.rpartition(":")
        return host.strip("[]"), int(port)

    async def open(self, place: Place) -> None:
        """Listen there, and no more where the network was; raise OSError where another program does."""
        moved = self.place is None or self.place.gateway != place.gateway
        listening = bound(place.gateway, self.port) if moved else None
        self.place = place
        if listening:
            self.close()
            self.server = await asyncio.start_server(self.take, sock=listening, limit=PIECE)

    def close(self) -> None:
        """Take no more; connections that are open go on."""
        if self.server:
            self.server.close()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one connection on, or close it."""
        peer, here = (writer.get_extra_info(side)[0] for side in ("peername", "sockname"))
        self.open_now[peer] += 1
        try:
            # The relay's end is nothing to complain about.
            with contextlib.closing(writer), contextlib.suppress(asyncio.CancelledError, OSError):
                # Neighbours of this machine can send packets to the gateway's address, too.
                if (here == LOOPBACK or self.knows(peer)) and self.open_now[peer] <= MOST:
                    await self.pass_on(reader, writer)
        finally:
            self.open_now[peer] -= 1
            self.open_now += Counter()  # forgets those that have none

    def knows(self, peer: str) -> bool:
        """Whether the address is one of the network's."""
        if self.place is None:
            return False
        return ipaddress.ip_address(peer) in ipaddress.ip_network(self.place.subnet)

    async def pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Join one connection with one to the proxy, until both sides are done."""
        there, here = await asyncio.open_connection(*self.to, limit=PIECE)
        with contextlib.closing(here):
            await together(copy(reader, here), copy(there, writer))


def bound(address: str, port: int) -> socket.socket:
    """A socket that may listen there; raise OSError where another program does."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setsockopt(socket.IPPROTO_IP, IP_FREEBIND, 1)
        listening.bind((address, port))
    except OSError:
        listening.close()
        raise
    return listening


async def together(*ways: Coroutine[None, None, None]) -> None:
    """Run both ways; when one breaks, so does the other."""
    tasks = [asyncio.ensure_future(way) for way in ways]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on what comes, at the pace of the one who reads it, to its end."""
    while piece := await reader.read(PIECE):
        writer.write(piece)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


class Relay(Application):
    """The process."""

    name = "mlabs-relay"
    description = "Passes connections of labs' containers on to MLabs' proxy. JupyterHub starts it."
    classes = [LabNetwork]  # noqa: RUF012
    aliases = {"to": "Relay.to"}  # noqa: RUF012

    to = Unicode(
        "127.0.0.1:8000",
        help="""The proxy's address. Default: 127.0.0.1:8000. Example::

            c.Relay.to = "127.0.0.1:8080"
        """,
    ).tag(config=True)

    # What the last look failed with.
    failed: type[Exception] | None = None

    def start(self) -> None:
        """Pass on until told to stop."""
        settings = os.environ.get("MLABS_CONFIG")
        if settings:
            self.load_config_file(settings)
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        with contextlib.suppress(asyncio.CancelledError):
            asyncio.run(self.serve())

    async def serve(self) -> None:
        """Make the network, listen, and pass on; wherever the network goes, the door goes with it."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, task.cancel)
        network = LabNetwork(parent=self)
        door = Door(network.port, Door.address(self.to))
        with contextlib.closing(door):
            while not await self.follow(network, door):
                await asyncio.sleep(AGAIN)
            # By this one, who started the hub sees that the door is open.
            async with await asyncio.start_server(door.take, LOOPBACK, network.port):
                while True:
                    await asyncio.sleep(LOOK)
                    await self.follow(network, door)

    async def follow(self, network: LabNetwork, door: Door) -> bool:
        """Have the door where the network is, made where it is not there; whether that went well."""
        before = door.place
        try:
            now = await asyncio.to_thread(self.make, network)
            await door.open(now)
        except (NetworkFailed, OSError, *engine.FAILURES) as failure:
            # Said once: an engine may be away for hours.
            if type(failure) is not self.failed:
                self.log.error("%s: %s", UNSEEN if before else CLOSED, failure)
            self.failed = type(failure)
            return False
        self.failed = None
        if before and before.gateway != now.gateway:
            self.log.warning("The labs' network was made anew: they reach MLabs at %s now", now.gateway)
        return True

    def make(self, network: LabNetwork) -> Place:
        """The network, made where it is not there."""
        with contextlib.closing(engine.connect(timeout=ENGINE_WITHIN)) as client:
            return network.make(client)


if __name__ == "__main__":
    Relay.launch_instance()
