"""Pages that many read, side by side with a bare Tornado handler that sends the same bytes, in turns.

    python bench/pages.py [--rounds 20] [--seconds 0.5] [--connections 16]

A lab's page for who is signed out, its embed and its rendered document, each compressed, over loopback and
kept connections that ask again as soon as they are answered. The peer knows bytes, headers and ETag
beforehand, and does nothing else; each server has one process, and the load comes from another one. A row
compares requests a second; the interval is a bootstrap over rounds. `p99` is of the milliseconds from a
request to the last byte of its answer, and `cpu` the server's microseconds of processor time for a request.

A 304 is compared with the peer's whole page, and below with the peer's own 304. "made anew" is the lab's page
when nothing was kept of it. "by nginx" asks one worker of nginx with the settings of `deploy/`, less TLS,
in front of the service. nbviewer is not measured here: its cached page was measured once at 0.22 of the
peer's rate, so that 0.9 is four times its own.

Goals: at least 0.9 of the peer's rate, 1.5 times of it with a 304, and 5 times of it by nginx.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import select
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from _ratios import interval
from support.nginx import Nginx, in_front
from support.service_process import BASE, ServiceProcess
from support.waiting import free_port, until

LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
OWN = {"date", "content-length", "etag", "connection"}
GOAL, GOAL_304, GOAL_NGINX = 0.9, 1.5, 5.0


def notebook() -> dict:
    """Forty cells, with headings and outputs."""
    cells: list[dict] = []
    for n in range(20):
        text = f"## Step {n}\n\n" + "The loss of the *validation* set, by `epoch`, and what follows. " * 8
        shown = {"output_type": "stream", "name": "stdout", "text": f"epoch {n}: loss 0.{n:02}\n" * 12}
        code = f"history = model.fit(train, epochs={n})\nplot(history['loss'])\n" * 4
        cells.append({"id": f"m{n}", "cell_type": "markdown", "metadata": {}, "source": text})
        cells.append({"id": f"c{n}", "cell_type": "code", "metadata": {}, "source": code})
        cells[-1] |= {"outputs": [shown], "execution_count": n}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}


class Bare(ServiceProcess):
    """A Tornado server that sends what is in a file: `python bench/pages.py --bare PORT FILE`."""

    def start(self) -> Bare:
        command = [sys.executable, __file__, "--bare", str(self.port), str(self.data)]
        self.process = subprocess.Popen(command)
        until(lambda: not socket.socket().connect_ex(("127.0.0.1", self.port)))
        return self


def be_bare(port: str, file: str) -> None:
    """Be that server."""
    from tornado.web import Application, RequestHandler

    answers = json.loads(Path(file).read_text())

    class Page(RequestHandler):
        def initialize(self, number: int) -> None:
            self.answer = answers[number]

        def get(self) -> None:
            for name, value in self.answer["headers"]:
                self.set_header(name, value)
            self.finish(self.answer["body"])

        def compute_etag(self) -> str:
            return self.answer["etag"]

    for answer in answers:
        answer["body"] = bytes.fromhex(answer["body"])

    async def serve() -> None:
        routes = [(f"/{number}", Page, {"number": number}) for number in range(len(answers))]
        Application(routes, log_function=lambda handler: None).listen(int(port), "127.0.0.1")
        await asyncio.Event().wait()

    asyncio.run(serve())


def length(answer: bytes) -> int:
    """The bytes of an answer that begins so, its head included."""
    head = answer.index(b"\r\n\r\n") + 4
    assert answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 304")), answer[:head]
    found = LENGTH.search(answer, 0, head)
    return head + (int(found[1]) if found else 0)


class Load:
    """Connections that ask one server for one address, again and again."""

    def __init__(self, port: int, path: str, count: int, *headers: str):
        lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", "Accept-Encoding: gzip", *headers, "", ""]
        self.request = "\r\n".join(lines).encode()
        self.sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(count)]
        for each in self.sockets:
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def run(self, seconds: float) -> list[float]:
        """Ask for so long; how long each answer took."""
        took, waits = [], select.epoll()
        # Of each connection: when it asked, and how many bytes it still waits for, 0 before the first.
        state = {each.fileno(): [each, 0.0, 0] for each in self.sockets}
        for number, each in state.items():
            waits.register(number, select.EPOLLIN)
            each[1] = time.perf_counter()
            each[0].sendall(self.request)
        end = time.perf_counter() + seconds
        while state:
            for number, _ in waits.poll():
                each = state[number]
                got = each[0].recv(1 << 20)
                each[2] = (each[2] or length(got)) - len(got)
                if each[2]:
                    continue
                now = time.perf_counter()
                took.append(now - each[1])
                each[1] = now
                if now < end:
                    each[0].sendall(self.request)
                else:
                    waits.unregister(number)
                    del state[number]
        waits.close()
        return took

    def close(self) -> None:
        for each in self.sockets:
            each.close()


@dataclass
class Side:
    """One of the two, for one row."""

    process: ServiceProcess | Nginx
    load: Load
    rates: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def round(self, seconds: float) -> None:
        before, begun = self.process.cpu(), time.perf_counter()
        took = self.load.run(seconds)
        elapsed = time.perf_counter() - begun
        self.rates.append(len(took) / elapsed)
        self.p99.append(statistics.quantiles(took, n=100)[-1])
        self.cpu.append((self.process.cpu() - before) / len(took))


@dataclass
class Row:
    name: str
    path: str
    headers: tuple[str, ...]
    peer_path: str
    peer_headers: tuple[str, ...]
    goal: float | None
    by_nginx: bool = False


@contextmanager
def servers() -> Iterator[tuple[ServiceProcess, Bare, list[Row]]]:
    """The service with a lab, the peer with the same answers, and what is compared."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        service = ServiceProcess(Path(name, "data"), free_port()).start()
        bare = Bare(Path(name, "answers.json"), free_port())
        try:
            with service.client("ada") as ada:
                fields = {"name": "x", "title": "Digits", "tags": ["vision"], "notebook": notebook()}
                ada.post("api/v1/labs", json=fields).raise_for_status()
            paths = {
                "lab page": "@ada/x",
                "embed": "embed/@ada/x",
                "document": "render/@ada/x/v/1?theme=auto",
            }
            asked = [answered(service, path) for path in reversed(paths.values())][::-1]
            bare.data.write_text(json.dumps(asked))
            bare.start()
            yield service, bare, rows(paths, asked)
        finally:
            service.stop()
            bare.stop()


def answered(service: ServiceProcess, path: str) -> dict:
    """The answer once it is kept."""
    with service.client(None) as nobody:
        nobody.get(path).raise_for_status()
        with nobody.stream("GET", path) as answer:
            body = b"".join(answer.iter_raw())
    headers = [pair for pair in answer.headers.multi_items() if pair[0].lower() not in OWN]
    return {"headers": headers, "body": body.hex(), "etag": answer.headers["etag"]}


def rows(paths: dict[str, str], asked: list[dict]) -> list[Row]:
    """What is compared with what."""
    made = []
    for number, (name, path) in enumerate(paths.items()):
        known = (f"If-None-Match: {asked[number]['etag']}",)
        made.append(Row(name, path, (), f"/{number}", (), GOAL))
        made.append(Row(f"{name}, 304", path, known, f"/{number}", (), GOAL_304))
        made.append(Row("  to the peer's 304", path, known, f"/{number}", known, None))
        made.append(Row(f"{name}, by nginx", path, (), f"/{number}", (), GOAL_NGINX, by_nginx=True))
    return [*made, Row("lab page, made anew", "@ada/x?anew", (), "/0", (), None)]


def compare(service: ServiceProcess | Nginx, bare: Bare, row: Row, options: argparse.Namespace) -> str:
    """One row of the table."""
    count = options.connections
    ours = Side(service, Load(service.port, f"{BASE}{row.path}", count, *row.headers))
    peer = Side(bare, Load(bare.port, row.peer_path, count, *row.peer_headers))
    for turn in range(options.rounds):
        for side in (ours, peer) if turn % 2 else (peer, ours):
            side.round(options.seconds)
    middle = statistics.median
    ratio, low, high = interval(ours.rates, peer.rates)
    sides = "".join(
        f"{middle(side.rates):8.0f}{middle(side.p99) * 1e3:7.1f}{middle(side.cpu) * 1e6:7.0f}"
        for side in (ours, peer)
    )
    ours.load.close(), peer.load.close()
    missed = " *" if row.goal and ratio < row.goal else ""
    return f"{row.name:22}{sides}   {ratio:5.2f}  [{low:.2f}, {high:.2f}]{missed}"


def main() -> None:
    """Print the table; a mark where a goal is missed."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=20)
    options.add_argument("--seconds", type=float, default=0.5)
    options.add_argument("--connections", type=int, default=16)
    asked = options.parse_args()
    print(f"load of this machine before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(f"{'':22}{'req/s':>8}{'p99':>7}{'cpu':>7}{'peer':>8}{'p99':>7}{'cpu':>7}   ratio  95 %")
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        servers() as (service, bare, compared),
        in_front(Path(folder), free_port(), service.port, tls=False) as nginx,
    ):
        for row in compared:
            print(compare(nginx if row.by_nginx else service, bare, row, asked), flush=True)


if __name__ == "__main__":
    be_bare(*sys.argv[2:]) if sys.argv[1:2] == ["--bare"] else main()
