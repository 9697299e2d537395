"""What recording costs a cell: the same cells on the plain server and on ours, in turns.

`as is` is a client that delays its acknowledgements, as browsers do: the plain server then waits 40 ms
for each small answer. The others acknowledge at once, so that only the recording is left to see.
`counted` is over a connection that is gone on with after a loss, as the labextension's: the server keeps
what the client has not confirmed, and the client counts and confirms. Processor time is that of the
server for a cell, all threads and whatever it does afterwards included: what other programs on the
machine disturb least. Our server records, measures and delivers as it always does; the service is a
stand-in in a process of its own, as the real one would be.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psutil
from _rows import Effort, Goal, Row
from lab.user_server import FrontEnd, UserServer

TRIVIAL = "1"
PRINTS = "for n in range(2000):\n    print(n, flush=True)"
# Neither server leaves out what comes too fast: what is left out takes no time.
UNLIMITED = "--ZMQChannelsWebsocketConnection.limit_rate=False"
# Messages, as in ui/labextension/src/connection/socket.ts.
CONFIRMED = 500
# Seconds for what our server still does about a round, so that it does not slow down the plain one's.
SETTLE = 0.5
# Seconds of silence after which nothing more is awaited of a cell.
LOST = 2.0


class OurServer(UserServer):
    """With all that MLabs records by default."""

    def __init__(self, home: Path, service_url: str):
        super().__init__(home, service_url, options=(UNLIMITED,))
        self.unobserved = False


class PlainServer(UserServer):
    """The same server without MLabs."""

    def __init__(self, home: Path):
        super().__init__(home, "", options=(UNLIMITED,))

    def environment(self) -> dict[str, str]:
        return {**super().environment(), "MLABS_SERVICE_URL": "", "JUPYTER_CONFIG_PATH": ""}


class QuickFrontEnd(FrontEnd):
    """Acknowledges every packet at once, as a client on a fast line does in effect."""

    async def receive(self):
        raw = self.socket.protocol.stream.socket
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        return await super().receive()


class CountedFrontEnd(QuickFrontEnd):
    """Counts what it gets and confirms it, as the labextension does."""

    asks = "&mlabs_line=&mlabs_received=0&mlabs_again=0"

    async def connect(self) -> FrontEnd:
        await super().connect()
        hello = json.loads(await self.socket.read_message())
        assert hello["mlabs"] == "hello"
        self.received = 0
        return self

    async def receive(self):
        answer = await super().receive()
        self.received += 1
        if not self.received % CONFIRMED:
            self.socket.write_message(json.dumps({"mlabs": "ack", "received": self.received}))
        return answer


async def cells(front_end: FrontEnd, code: str, count: int) -> float:
    """Seconds per cell, from the request to the idle that ends it; to the last message where none came."""
    begun = last = time.perf_counter()
    for number in range(count):
        request = front_end.send(code, f"cell-{number}")
        reply = idle = False
        while not (reply and idle):
            try:
                async with asyncio.timeout(LOST):
                    _, header, parent, content = await front_end.receive()
            except TimeoutError:
                # Of thousands of outputs a busy machine loses some, and then perhaps this one.
                break
            if parent.get("msg_id") == request:
                last = time.perf_counter()
                reply = reply or header["msg_type"] == "execute_reply"
                idle = idle or (header["msg_type"] == "status" and b'"idle"' in content)
    return (last - begun) / count


async def connected(server: UserServer, kind: type[FrontEnd]) -> FrontEnd:
    """A tab with a fresh kernel."""
    opened = await server.open_notebook()
    front_end = kind(server, opened.session, opened.kernel)
    await front_end.connect()
    await opened.close()
    server.front_ends.remove(opened)
    return front_end


def cpu(server: UserServer) -> float:
    """Processor seconds that a server has taken, its kernels' not included."""
    times = psutil.Process(server.process.pid).cpu_times()
    return times.user + times.system


class Kind(NamedTuple):
    """What is done, by which client, and what is wanted of it."""

    work: str
    client: type[FrontEnd]
    code: str
    cells: int
    rounds: int
    goal: Goal | None
    why: str = ""


class Compared(NamedTuple):
    """Milliseconds a cell of each round, and of the server's processor over all of them."""

    ours: list[float]
    plain: list[float]
    cpu: list[float]


async def compare(ours: UserServer, plain: UserServer, kind: Kind) -> Compared:
    """The same cells on both."""
    # No other server counts.
    peer = QuickFrontEnd if kind.client is CountedFrontEnd else kind.client
    tabs = [await connected(ours, kind.client), await connected(plain, peer)]
    times: list[list[float]] = [[], []]
    for tab in tabs:
        for _ in range(3):
            await cells(tab, kind.code, 1)
    before = [cpu(server) for server in (ours, plain)]
    for turn in range(kind.rounds):
        for which in (0, 1) if turn % 2 else (1, 0):
            times[which].append(1e3 * await cells(tabs[which], kind.code, kind.cells))
            await asyncio.sleep(SETTLE)
    after = [cpu(server) for server in (ours, plain)]
    spent = [1e3 * (now - was) / kind.rounds / kind.cells for now, was in zip(after, before, strict=True)]
    for tab in tabs:
        await tab.close()
        tab.server.front_ends.remove(tab)
        await tab.server.api("DELETE", f"api/sessions/{tab.session}")
    return Compared(*times, spent)


def kinds(effort: Effort) -> Iterator[Kind]:
    """Trivial cells and many prints, by each kind of client."""
    rounds, count, all_of_it = effort.rounds(40, 6), effort.either(60, 20), Goal(1.05, "interval")
    few = min(rounds, 15)
    delayed = "trivial cell, as is", FrontEnd, TRIVIAL, count, few, Goal(0.15)
    yield Kind(*delayed, "Without Nagle's wait the cell itself is left, of some 5 ms.")
    yield Kind("trivial cell, recorded", QuickFrontEnd, TRIVIAL, count, rounds, all_of_it)
    yield Kind("trivial cell, recorded and counted", CountedFrontEnd, TRIVIAL, count, rounds, None)
    yield Kind("2,000 prints, recorded", QuickFrontEnd, PRINTS, 1, rounds, all_of_it)
    yield Kind("2,000 prints, recorded and counted", CountedFrontEnd, PRINTS, 1, rounds, None)


@contextlib.contextmanager
def service() -> Iterator[str]:
    """The stand-in for the service, in a process of its own; its address."""
    script = Path(__file__).with_name("_recording_service.py")
    process = subprocess.Popen([sys.executable, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin and process.stdout
    try:
        yield process.stdout.readline().decode().strip()
    finally:
        process.stdin.close()
        recorded = process.stdout.read().decode().strip()
        print(f"recorded meanwhile: {recorded} events", flush=True)
        process.wait(30)
        process.stdout.close()
    assert int(recorded), "nothing was recorded, so that nothing was measured"


def rows(effort: Effort) -> Iterator[Row]:
    """A row for each kind, all on the same two servers."""
    with service() as url, tempfile.TemporaryDirectory() as home, asyncio.Runner() as runner:
        ours, plain = OurServer(Path(home, "ours"), url), PlainServer(Path(home, "plain"))
        with contextlib.ExitStack() as stack:
            for server in (ours, plain):
                runner.run(server.start())
                stack.callback(lambda server=server: runner.run(server.stop()))
            for kind in kinds(effort):
                if effort.wants(kind.work):
                    yield row(kind, runner.run(compare(ours, plain, kind)))


def row(kind: Kind, took: Compared) -> Row:
    """What was measured of a kind."""
    return Row(
        work=kind.work,
        ours=took.ours,
        peer=took.plain,
        unit="ms",
        peer_is="the plain Jupyter server",
        goal=kind.goal,
        note=f"processor time of the server {took.cpu[0]:.2f} ms, plain {took.cpu[1]:.2f} ms",
        why=kind.why,
        own=kind.goal is None,
    )
