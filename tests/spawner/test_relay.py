"""The door between containers and the proxy: bytes pass unchanged, and only those of the network."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from contextlib import asynccontextmanager, closing, suppress

import pytest
from support.waiting import free_port, until
from traitlets.config import Config

from mlabs_spawner import relay
from mlabs_spawner.network import NetworkFailed, Place
from mlabs_spawner.relay import Door, Relay


@asynccontextmanager
async def proxy(answer, subnet="127.0.0.0/8"):
    """Something that listens, and a door to it for this network; yields the door's port."""
    async with behind(answer) as to, door(to, subnet) as port:
        yield port


@asynccontextmanager
async def behind(answer):
    """Something that listens; yields its port. At the end all of it has been answered."""
    answering = set()

    async def counted(reader, writer):
        answering.add(writer)
        with closing(writer), suppress(OSError):
            await answer(reader, writer)
        await gone(writer)
        answering.discard(writer)

    async with await asyncio.start_server(counted, "127.0.0.1", 0) as listening:
        yield listening.sockets[0].getsockname()[1]
        while answering:
            await asyncio.sleep(0.05)


async def gone(writer):
    with suppress(OSError):
        await writer.wait_closed()


@asynccontextmanager
async def door(to, subnet="127.0.0.0/8"):
    opened = Door(0, ("127.0.0.1", to))
    await opened.open(Place("id", "bridge", subnet, "127.0.0.2"))
    async with opened.server:
        yield opened.server.sockets[0].getsockname()[1]


async def echo(reader, writer):
    while piece := await reader.read(4096):
        writer.write(piece)
        await writer.drain()
    writer.write(b"!")


async def test_bytes_pass_both_ways_until_both_sides_are_done():
    sent = os.urandom(5 << 20)
    async with proxy(echo) as port:
        reader, writer = await asyncio.open_connection("127.0.0.2", port)

        async def send():
            writer.write(sent)
            await writer.drain()
            # The other way stays open.
            writer.write_eof()

        _, received = await asyncio.gather(send(), reader.read(-1))
        writer.close()
    assert received == sent + b"!"


async def test_neighbours_of_the_machine_do_not_come_in():
    called = []

    async def called_up(*streams):
        called.append(streams)

    async with asyncio.timeout(10), proxy(called_up, "10.0.0.0/8") as port:
        reader, writer = await asyncio.open_connection("127.0.0.2", port)
        assert await reader.read() == b""
        writer.close()
    assert not called


async def test_one_lab_that_opens_connections_without_end_is_held_back(monkeypatch):
    monkeypatch.setattr(relay, "MOST", 3)
    async with asyncio.timeout(20), proxy(echo) as port:
        streams = [await asyncio.open_connection("127.0.0.2", port) for _ in range(3)]
        for reader, writer in streams:
            writer.write(b"one")
            assert await reader.readexactly(3) == b"one"
        reader, writer = await asyncio.open_connection("127.0.0.2", port)
        assert await reader.read() == b""
        other = await asyncio.open_connection("127.0.0.2", port, local_addr=("127.0.0.9", 0))
        other[1].write(b"two")
        assert await other[0].readexactly(3) == b"two"
        for _, one in (*streams, other, (None, writer)):
            one.close()
        # What is closed counts no more.
        while not await echoes(port):
            await asyncio.sleep(0.1)


async def echoes(port, gateway="127.0.0.2"):
    """Whether a connection is passed on now."""
    try:
        reader, writer = await asyncio.open_connection(gateway, port)
    except OSError:
        return False
    try:
        writer.write(b"x")
        return await reader.read(1) == b"x"
    except OSError:
        return False
    finally:
        writer.close()


async def test_a_proxy_that_is_away_closes_the_connection():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    async with asyncio.timeout(10), door(port) as opened:
        reader, writer = await asyncio.open_connection("127.0.0.2", opened)
        assert await reader.read() == b""
        writer.close()


async def test_a_side_that_breaks_off_ends_both():
    broken = asyncio.Event()

    async def wait(reader, writer):
        try:
            while await reader.read(4096):
                pass
        finally:
            broken.set()

    async with asyncio.timeout(10), proxy(wait) as port:
        _, writer = await asyncio.open_connection("127.0.0.2", port)
        writer.write(b"some")
        await writer.drain()
        writer.transport.abort()
        await broken.wait()


PLACES = [Place(f"id{n}", "bridge", f"127.0.{n}.0/24", f"127.0.{n}.1") for n in (1, 2)]


class Moving(Relay):
    """The door's process; its engine fails, or says where the network is."""

    now: Place | Exception = PLACES[0]

    def make(self, network):
        if isinstance(self.now, Exception):
            raise self.now
        return self.now


@asynccontextmanager
async def moving(monkeypatch):
    """It runs; yields it, and its port."""
    monkeypatch.setattr(relay, "LOOK", 0.05)
    port = free_port()
    async with asyncio.timeout(20), behind(echo) as to:
        process = Moving(to=f"127.0.0.1:{to}", config=Config({"LabNetwork": {"port": port}}))
        serving = asyncio.create_task(process.serve())
        try:
            yield process, port
        finally:
            serving.cancel()
            await asyncio.wait([serving])


async def test_a_network_that_is_made_anew_has_its_door(monkeypatch):
    async with moving(monkeypatch) as (process, port):
        while not await from_within(0, port):
            await asyncio.sleep(0.05)
        process.now = PLACES[1]
        while not await from_within(1, port):
            await asyncio.sleep(0.05)
        assert not await from_within(0, port)


async def from_within(which, port):
    """Whether what is in the network gets through its gateway."""
    place = PLACES[which]
    lab = place.gateway.removesuffix("1") + "9"
    try:
        reader, writer = await asyncio.open_connection(place.gateway, port, local_addr=(lab, 0))
    except OSError:
        return False
    with closing(writer), suppress(OSError):
        writer.write(b"x")
        return await reader.read(1) == b"x"
    return False


async def test_while_the_engine_is_away_the_door_is_open_as_before(monkeypatch, capsys):
    async with moving(monkeypatch) as (process, port):
        while not await from_within(0, port):
            await asyncio.sleep(0.05)
        process.now = NetworkFailed("no engine")
        await asyncio.sleep(0.5)
        assert await from_within(0, port)
        # Not as often as it looks.
        assert capsys.readouterr().err.count("no engine") == 1
        process.now = PLACES[1]
        while not await from_within(1, port):
            await asyncio.sleep(0.05)


async def test_a_subnet_that_grows_around_its_gateway_needs_no_other_door(monkeypatch):
    async with moving(monkeypatch) as (process, port):
        process.now = Place("id3", "bridge", "127.0.0.0/16", PLACES[0].gateway)
        while not await echoes(port, PLACES[0].gateway):
            await asyncio.sleep(0.05)


def test_without_an_engine_it_waits_and_ends_when_told(tmp_path):
    log = tmp_path / "log"
    environ = {**os.environ, "DOCKER_HOST": "tcp://127.0.0.1:1", "MLABS_CONFIG": ""}
    with log.open("wb") as out:
        process = subprocess.Popen([sys.executable, "-m", "mlabs_spawner.relay"], stderr=out, env=environ)
    try:
        until(lambda: "Labs cannot reach MLabs yet" in log.read_text())
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert "Traceback" not in log.read_text()
    finally:
        process.kill()


@pytest.mark.parametrize("text", ["127.0.0.1:8000", "[::1]:8000"])
def test_addresses_of_proxies(text):
    host, port = Door.address(text)
    assert (host, port) == (text.rpartition(":")[0].strip("[]"), 8000)
