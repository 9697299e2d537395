"""Downloads of outputs from the service, side by side with nginx that serves the same files, in turns.

    python bench/assets.py [--rounds 20] [--megabytes 200] [--requests 1000]

A round fetches the large file once, or the small one many times, over loopback and one kept connection. nginx
has one worker, as the service has one process, and sends files without copying them. Rows compare medians of
rounds; the interval is a bootstrap over rounds. `cpu` is the server's processor time of a round, and `memory`
is how much larger the service is after the rounds than before. Of each small file the service finds out whose
it is and who may have it; nginx has nothing to find out: that row compares one version with another.

Goal: at least 0.7 of nginx's MB/s for the large file, the memory flat.
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from _ratios import interval
from ulid import ULID

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.nginx import Nginx
from support.service_process import BASE, ServiceProcess
from support.waiting import free_port

SMALL = 20_000
PIECE = 1024 * 1024
NGINX = """
access_log off;
sendfile on;
tcp_nopush on;
server {{ listen 127.0.0.1:{port}; root {folder}; }}
"""


class Download:
    """A kept connection to a server, and what asks it for a file."""

    def __init__(self, port: int, path: str, size: int):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
        self.size = size
        self.buffer = bytearray(PIECE)

    def __call__(self) -> None:
        """Fetch it once."""
        self.socket.sendall(self.request)
        head = b""
        while b"\r\n\r\n" not in head:
            head += self.socket.recv(65536)
        head, _, body = head.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 "), head
        left = self.size - len(body)
        while left > 0:
            got = self.socket.recv_into(self.buffer)
            assert got, "the server closed the connection"
            left -= got
        assert left == 0


@dataclass
class Side:
    """One of the two: its process, where its files are, and seconds of each round."""

    process: ServiceProcess | Nginx
    base: str
    times: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def round(self, name: str, size: int, requests: int) -> None:
        """Fetch a file so many times."""
        fetch = Download(self.process.port, f"{self.base}{name}", size)
        fetch()
        before, begun = self.process.cpu(), time.perf_counter()
        for _ in range(requests):
            fetch()
        self.times.append(time.perf_counter() - begun)
        self.cpu.append(self.process.cpu() - before)
        fetch.socket.close()


@contextmanager
def sides(files: dict[str, bytes]) -> Iterator[tuple[Side, Side]]:
    """The service, in which a run made these files, and nginx with the same."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name, "nginx")
        folder.mkdir()
        for path, content in files.items():
            (folder / path).write_bytes(content)
        service = ServiceProcess(Path(name, "data"), free_port()).start()
        port = free_port()
        nginx = Nginx(folder, port, NGINX.format(folder=folder, port=port))
        try:
            yield Side(service, made(service, files)), Side(nginx.start(), "/")
        finally:
            service.stop()
            nginx.stop()


def made(service: ServiceProcess, files: dict[str, bytes]) -> str:
    """The path below which there are outputs of a run with this content."""
    cells = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}
    run = {"id": str(ULID()), "lab": "ada/x", "started": str(datetime.now(UTC)), "environment": "python"}
    with service.client("ada") as ada:
        ada.post("api/v1/labs", json={"name": "x", "notebook": cells}).raise_for_status()
        ada.post("api/v1/runs", json=run).raise_for_status()
        for path, content in files.items():
            ada.put(f"api/v1/runs/{run['id']}/outputs/{path}", content=content).raise_for_status()
    return f"{BASE}assets/ada/x/{run['id']}/"


def compare(content: bytes, requests: int, rounds: int) -> str:
    """One row of the table."""
    with sides({"file.bin": content}) as (ours, nginx):
        for side in (ours, nginx):
            side.round("file.bin", len(content), requests)
            side.times.clear(), side.cpu.clear()
        before = ours.process.memory()
        for turn in range(rounds):
            for side in (ours, nginx) if turn % 2 else (nginx, ours):
                side.round("file.bin", len(content), requests)
        grown = (ours.process.memory() - before) / 1e6
    ratio, low, high = interval(nginx.times, ours.times)
    medians = [statistics.median(side.times) for side in (ours, nginx)]
    speeds = "".join(
        f"{requests * len(content) / 1e6 / seconds:9.0f} {requests / seconds:8.0f}" for seconds in medians
    )
    cpu = "".join(f"{statistics.median(side.cpu):8.2f}" for side in (ours, nginx))
    return f"{speeds}   {ratio:5.2f}  [{low:.2f}, {high:.2f}]{cpu} {grown:+8.0f}"


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=20)
    options.add_argument("--megabytes", type=int, default=200)
    options.add_argument("--requests", type=int, default=1000)
    asked = options.parse_args()
    print(
        f"{'':10}{'MB/s':>9} {'req/s':>8}{'nginx':>9} {'req/s':>8}   ratio  95 %        "
        f"{'cpu s':>8}{'nginx':>8} {'memory MB':>8}"
    )
    rows = (asked.megabytes * 1_000_000, 1), (SMALL, asked.requests)
    for size, requests in rows:
        name = f"{size / 1e6:g} MB"
        print(f"{name:10}{compare(os.urandom(size), requests, asked.rounds)}", flush=True)


if __name__ == "__main__":
    main()
