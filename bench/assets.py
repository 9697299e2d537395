"""Downloads of outputs from the service, beside nginx that serves the same files, in turns.

A round fetches the large file once, or the small one many times, over loopback and one kept connection. nginx
has one worker, as the service has one process, and sends files without copying them. Of each small file the
service finds out whose it is and who may have it; nginx has nothing to find out: that row compares one
version with another, and has no goal.
"""

from __future__ import annotations

import os
import socket
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from _rows import Absent, Effort, Goal, Row
from support import needs
from support.nginx import Nginx
from support.service_process import BASE, ServiceProcess
from support.waiting import free_port
from ulid import ULID

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
    """One of the two: its process, where its files are, and MB/s, requests/s and cpu of each round."""

    process: ServiceProcess | Nginx
    base: str
    speeds: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def round(self, name: str, size: int, requests: int) -> None:
        """Fetch a file so many times."""
        fetch = Download(self.process.port, f"{self.base}{name}", size)
        fetch()
        before, begun = self.process.cpu(), time.perf_counter()
        for _ in range(requests):
            fetch()
        self.rates.append(requests / (time.perf_counter() - begun))
        self.speeds.append(self.rates[-1] * size / 1e6)
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


def fetched(size: int, requests: int, rounds: int) -> tuple[Side, Side, float]:
    """Both in turns, and by how many MB the service grew meanwhile."""
    with sides({"file.bin": os.urandom(size)}) as (ours, nginx):
        for side in (ours, nginx):
            side.round("file.bin", size, requests)
            side.speeds.clear(), side.rates.clear(), side.cpu.clear()
        before = ours.process.memory()
        for turn in range(rounds):
            for side in (ours, nginx) if turn % 2 else (nginx, ours):
                side.round("file.bin", size, requests)
        return ours, nginx, (ours.process.memory() - before) / 1e6


def rows(effort: Effort) -> Iterator[Row]:
    """The large file, the memory that it takes, and many small ones."""
    if reason := needs.absent("nginx"):
        raise Absent(reason)
    rounds, size = effort.rounds(20, 5), effort.either(200, 50) * 1_000_000
    ours, nginx, grown = fetched(size, 1, rounds)
    cpu = [statistics.median(side.cpu) for side in (ours, nginx)]
    yield Row(
        work=f"download of {size / 1e6:.0f} MB",
        ours=ours.speeds,
        peer=nginx.speeds,
        unit="MB/s",
        peer_is="nginx, the same file",
        better="higher",
        goal=Goal(0.7),
        note=f"{cpu[0]:.2f} s of processor time each, nginx {cpu[1]:.2f}",
        why="nginx has the system send the file without copying it. The service reads each piece into memory "
        "and sends it from there: so it knows that no disk is waited for, and answers others meanwhile.",
    )
    yield Row(
        work=f"memory that {rounds} such downloads leave taken",
        ours=[max(0.0, grown)],
        unit="MB",
        goal=Goal(20, "ours"),
        note=f"a tenth of one file would be {size / 1e7:.0f} MB",
    )
    requests = effort.either(1000, 200)
    ours, nginx, _ = fetched(SMALL, requests, rounds)
    cpu = [1e6 * statistics.median(side.cpu) / requests for side in (ours, nginx)]
    yield Row(
        work="download of 20 kB",
        ours=ours.rates,
        peer=nginx.rates,
        unit="/s",
        peer_is="nginx, which asks nobody who may have it",
        better="higher",
        note=f"{cpu[0]:.0f} µs of processor time each, nginx {cpu[1]:.0f}",
        own=True,
    )
