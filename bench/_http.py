"""Load on a server: connections that ask again as soon as they are answered, and who answers."""

from __future__ import annotations

import re
import select
import socket
import statistics
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import psutil
from support.waiting import until

# Of a core that the load may take before it is what limits a server.
LIMIT = 0.9
LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


class Measurable(Protocol):
    """A server of loopback that can be measured."""

    port: int

    def cpu(self) -> float: ...


class Server:
    """Any program that listens at `port` once it is ready, in one process."""

    def __init__(self, port: int, command: list[str | Path], **given):
        self.port = port
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **given)
        until(lambda: self.process.poll() is not None or not self._refuses(), 60)
        assert self.process.poll() is None, f"{command} ended with {self.process.returncode}"

    def _refuses(self) -> int:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port))

    def cpu(self) -> float:
        """Processor seconds so far."""
        times = psutil.Process(self.process.pid).cpu_times()
        return times.user + times.system

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(30)


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
                assert got, "the server closed the connection"
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
    """One of two: requests a second, milliseconds at the 99th percentile, microseconds of processor each."""

    process: Measurable
    load: Load
    rates: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    load_cpu: list[float] = field(default_factory=list)

    def round(self, seconds: float) -> None:
        """Ask for so long."""
        before, own, begun = self.process.cpu(), time.process_time(), time.perf_counter()
        took = self.load.run(seconds)
        elapsed = time.perf_counter() - begun
        self.load_cpu.append((time.process_time() - own) / elapsed)
        self.rates.append(len(took) / elapsed)
        self.p99.append(1e3 * statistics.quantiles(took, n=100)[-1])
        self.cpu.append(1e6 * (self.process.cpu() - before) / len(took))

    def said(self) -> str:
        """What is to be known beside the rate; where the load itself is the limit, it says so."""
        own = statistics.median(self.load_cpu)
        limit = f", and the load took {own:.2f} of a core: the server can do more" if own > LIMIT else ""
        return f"p99 {statistics.median(self.p99):.1f} ms, {statistics.median(self.cpu):.0f} µs cpu{limit}"


def in_turns(ours: Side, peer: Side, rounds: int, seconds: float) -> None:
    """Measure both, round by round."""
    for turn in range(rounds):
        for side in (ours, peer) if turn % 2 else (peer, ours):
            side.round(seconds)
    ours.load.close(), peer.load.close()
