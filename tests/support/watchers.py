"""Many watchers of one stream in a process of their own that takes little of the processor.

`python watchers.py PORT PATH COUNT MEASURED`: of COUNT connections MEASURED are read as the bytes come, and
tell how long ago each message says that it was sent (`"sent": <time.time()>`); the others only now and then.
Says `ready` when all are open. A line on stdin asks for the lags since the last, as JSON; its end closes all.
"""

from __future__ import annotations

import json
import re
import selectors
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil

SENT = re.compile(rb'sent\\?": ?([0-9.]+)')
ROUND = 0.1


class Watchers:
    """The other end of it, for who measures."""

    def __init__(self, port: int, path: str, count: int, measured: int):
        command = [sys.executable, Path(__file__), str(port), path, str(count), str(measured)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout and self.process.stdout.readline() == "ready\n"

    def lags(self) -> dict:
        """`lags` in seconds, `bytes` of each connection and how many are `closed`, since the last time."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write("lags\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def cpu(self) -> float:
        """Processor seconds that the watchers themselves have taken so far."""
        times = psutil.Process(self.process.pid).cpu_times()
        return times.user + times.system

    def close(self) -> None:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()


class Connections:
    """The connections."""

    def __init__(self, port: int, path: str, count: int, measured: int):
        self.selector = selectors.DefaultSelector()
        self.all: list[socket.socket] = []
        self.bytes: list[int] = []
        self.lags: list[float] = []
        self.closed = 0
        self.lazy_next = 0.0
        self.measured = measured
        request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n".encode()
        for n in range(count):
            connection = socket.create_connection(("127.0.0.1", port), timeout=30)
            connection.sendall(request)
            assert b" 200 OK" in connection.recv(15)
            connection.setblocking(False)
            self.all.append(connection)
            self.bytes.append(0)
            if n < measured:
                self.selector.register(connection, selectors.EVENT_READ, n)
        self.selector.register(sys.stdin, selectors.EVENT_READ, "asked")

    def run(self) -> None:
        while True:
            for key, _ in self.selector.select(max(0.0, self.lazy_next - time.monotonic())):
                if key.data == "asked":
                    if not sys.stdin.readline():
                        return
                    self.answer()
                else:
                    self.read(key.data)
            if time.monotonic() > self.lazy_next:
                for n in range(self.measured, len(self.all)):
                    self.read(n, measure=False)
                self.lazy_next = time.monotonic() + ROUND

    def read(self, n: int, measure: bool = True) -> None:
        try:
            data = self.all[n].recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        now = time.time()
        self.bytes[n] += len(data)
        if not data and self.all[n].fileno() >= 0:
            self.closed += 1
            if measure:
                self.selector.unregister(self.all[n])
            self.all[n].close()
        if measure:
            self.lags += [now - float(sent) for sent in SENT.findall(data)]

    def answer(self) -> None:
        print(json.dumps({"lags": self.lags, "bytes": self.bytes, "closed": self.closed}), flush=True)
        self.lags, self.bytes, self.closed = [], [0] * len(self.bytes), 0


if __name__ == "__main__":
    connections = Connections(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    print("ready", flush=True)
    connections.run()
