"""What recording costs a cell: the same cells on the plain server and on ours, in turns, as ratios.

    python bench/cell_overhead.py [--rounds 40] [--cells 60] [--only prints]

Each row compares medians of rounds that alternate between the servers; the interval is a bootstrap over
rounds. `as is` is a client that delays its acknowledgements, as browsers do: the plain server then waits
40 ms for each small answer. `quick` acknowledges at once, so that only the recording is left to see.
`counted` is the same over a connection that is gone on with after a loss, as the labextension's: the server
keeps what the client has not confirmed, and the client counts and confirms. `cpu`
is the processor time that the server took for a cell, all threads and whatever it does afterwards included:
what other programs on the machine disturb least. Our server records, measures and delivers as it always
does; the service is a stand-in in a process of its own, as the real one would be.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import socket
import statistics
import sys
import tempfile
import time
from pathlib import Path

import psutil
from _ratios import interval

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from lab.fake_service import FakeService
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


async def compare(
    ours: UserServer, plain: UserServer, kind: type[FrontEnd], code: str, count: int, rounds: int
) -> str:
    """One row of the table."""
    # No other server counts.
    peer = QuickFrontEnd if kind is CountedFrontEnd else kind
    tabs = [await connected(ours, kind), await connected(plain, peer)]
    times: list[list[float]] = [[], []]
    for tab in tabs:
        for _ in range(3):
            await cells(tab, code, 1)
    before = [cpu(server) for server in (ours, plain)]
    for turn in range(rounds):
        for which in (0, 1) if turn % 2 else (1, 0):
            times[which].append(await cells(tabs[which], code, count))
            await asyncio.sleep(SETTLE)
    after = [cpu(server) for server in (ours, plain)]
    spent = [1000 * (now - was) / rounds / count for now, was in zip(after, before, strict=True)]
    for tab in tabs:
        await tab.close()
        tab.server.front_ends.remove(tab)
        await tab.server.api("DELETE", f"api/sessions/{tab.session}")
    ratio, low, high = interval(*times)
    ours_ms, plain_ms = (1000 * statistics.median(each) for each in times)
    took = f"{ours_ms:9.2f} {plain_ms:9.2f} {ratio:7.3f}  [{low:.3f}, {high:.3f}]"
    return f"{took} {spent[0]:8.2f} {spent[1]:9.2f} {spent[0] / spent[1]:7.3f}"


async def serve() -> None:
    """The stand-in for the service, for as long as somebody listens."""
    service = FakeService()
    await service.up()
    service.add_lab("ada/mnist")
    print(service.url, flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    recorded = sum(len(events) for events in service.events.values())
    print(f"recorded meanwhile: {len(service.runs)} runs, {recorded} events", flush=True)


async def main(rounds: int, count: int, only: str) -> None:
    """Print the table."""
    pipe = asyncio.subprocess.PIPE
    service = await asyncio.create_subprocess_exec(
        sys.executable, __file__, "--serve", stdin=pipe, stdout=pipe
    )
    url = (await service.stdout.readline()).decode().strip()
    async with contextlib.AsyncExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ours, plain = OurServer(home / "ours", url), PlainServer(home / "plain")
        for server in (ours, plain):
            await server.start()
            stack.push_async_callback(server.stop)
        head = f"{'':21} {'ours ms':>9} {'plain ms':>9} {'ratio':>7}  {'95 %':14}"
        print(f"{head} {'cpu ours':>8} {'plain':>9} {'ratio':>7}")
        for name, *row in (
            ("trivial cell, as is", FrontEnd, TRIVIAL, count, min(rounds, 15)),
            ("trivial cell, quick", QuickFrontEnd, TRIVIAL, count, rounds),
            ("trivial cell, counted", CountedFrontEnd, TRIVIAL, count, rounds),
            ("2,000 prints, quick", QuickFrontEnd, PRINTS, 1, rounds),
            ("2,000 prints, counted", CountedFrontEnd, PRINTS, 1, rounds),
        ):
            if only in name:
                print(f"{name:21} {await compare(ours, plain, *row)}", flush=True)
        print(f"load: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    service.stdin.close()
    print((await service.stdout.read()).decode().strip())
    await service.wait()


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=40)
    options.add_argument("--cells", type=int, default=60)
    options.add_argument("--only", default="", help="only rows with this in their name")
    options.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    asked = options.parse_args()
    asyncio.run(serve() if asked.serve else main(asked.rounds, asked.cells, asked.only))
