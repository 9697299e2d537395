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
from support.waiting import until

from mlabs_spawner import relay
from mlabs_spawner.network import Place
from mlabs_spawner.relay import Door


@asynccontextmanager
async def proxy(answer, subnet="127.0.0.0/8"):
    """Something that listens, and a door to it for this network; yields the door's port."""
    answering = set()

    async def counted(reader, writer):
        answering.add(writer)
        with closing(writer), suppress(OSError):
            await answer(reader, writer)
        await gone(writer)
        answering.discard(writer)

    listening = await asyncio.start_server(counted, "127.0.0.1", 0)
    async with listening, door(listening.sockets[0].getsockname()[1], subnet) as port:
        yield port
        while answering:
            await asyncio.sleep(0.05)


async def gone(writer):
    with suppress(OSError):
        await writer.wait_closed()


@asynccontextmanager
async def door(to, subnet="127.0.0.0/8"):
    place = Place("id", "bridge", subnet, "127.0.0.2")
    server = await Door(place, 0, ("127.0.0.1", to)).open()
    async with server:
        yield server.sockets[0].getsockname()[1]


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


async def echoes(port):
    """Whether a connection is passed on now."""
    reader, writer = await asyncio.open_connection("127.0.0.2", port)
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
