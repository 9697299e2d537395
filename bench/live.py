"""Many watchers of a run, side by side with a minimal Tornado server of events: lag, processor time, memory.

    python bench/live.py [--watchers 1000] [--rate 20] [--seconds 10] [--rounds 3]

The two take turns. A recorder sends an event every 1/rate seconds, once the one before was acknowledged: by
the peer from memory, by the service from disk. The lag is from before it is sent until a watcher has it.
`slowed` compares the time that the recorder needs for all with watchers and without; `append` is its wait for
an acknowledgement. Watchers are a process of their own; of them 50 are looked at closely.

Goals: p95 of the lag at most 60 ms, 0.6 of a core, the memory flat, and the recorder slowed by at most 3 %;
with 5,000 watchers, p95 at most 500 ms.
"""

from __future__ import annotations

import argparse
import itertools
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import httpx
from support import sse_peer
from support.service_process import BASE, ServiceProcess
from support.waiting import free_port
from support.watchers import Watchers
from ulid import ULID

MEASURED = 50
# Seconds in which the last message arrives everywhere.
SETTLE = 1.0


@dataclass
class Round:
    """What one round showed; seconds, and the memory in bytes before and after."""

    lags: list[float] = field(default_factory=list)
    appends: list[float] = field(default_factory=list)
    elapsed: float = 0.0
    cpu: float = 0.0
    memory: tuple[int, int] = (0, 0)
    closed: int = 0


class Peer(ServiceProcess):
    """The minimal server, measured in the same way."""

    def start(self) -> Peer:
        self.process = subprocess.Popen([sys.executable, sse_peer.__file__, str(self.port)])
        while not listens(self.port):
            time.sleep(0.05)
        return self


class Recorder:
    """Sends the events of one run to the service."""

    def __init__(self, service: ServiceProcess):
        self.client = service.client("ada")
        self.run, self.seq = str(ULID()), 0
        began = {"id": self.run, "lab": "ada/x", "started": now(), "environment": "python"}
        self.client.post("api/v1/runs", json=began).raise_for_status()
        self.path = f"/services/mlabs/api/v1/runs/{self.run}/events"

    def send(self) -> None:
        self.seq += 1
        shown = {"output_type": "stream", "name": "stdout", "text": f'"sent": {time.time()}\n'}
        data = {"execution": "e", "output": shown}
        event = {"seq": self.seq, "type": "output", "time": now(), "data": data}
        answer = self.client.post(self.path.removeprefix(BASE), json={"events": [event]})
        assert answer.status_code == 200, answer.text


class PeerRecorder:
    """Sends the like to the peer."""

    path = "/events"

    def __init__(self, peer: Peer):
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{peer.port}", timeout=30)

    def send(self) -> None:
        data = f'{{"seq":1,"type":"output","time":"{now()}","sent": {time.time()}}}'
        assert self.client.post("/events", content=data).status_code == 200


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return not probe.connect_ex(("127.0.0.1", port))


def now() -> str:
    return datetime.now(UTC).isoformat()


def record(send: Callable[[], None], rate: float, seconds: float) -> tuple[list[float], float]:
    """Send at that rate; seconds until each was acknowledged, and for all."""
    appends = []
    begun = time.monotonic()
    for n in range(round(rate * seconds)):
        time.sleep(max(0.0, begun + n / rate - time.monotonic()))
        before = time.monotonic()
        send()
        appends.append(time.monotonic() - before)
    return appends, time.monotonic() - begun


def watched(process, recorder, count: int, rate: float, seconds: float) -> Round:
    """One round with watchers."""
    watchers = Watchers(process.port, recorder.path, count, min(count, MEASURED))
    try:
        record(recorder.send, rate, 1)
        time.sleep(SETTLE)
        watchers.lags()
        result, cpu, memory, begun = Round(), process.cpu(), process.memory(), time.monotonic()
        result.appends, result.elapsed = record(recorder.send, rate, seconds)
        result.cpu = (process.cpu() - cpu) / (time.monotonic() - begun)
        time.sleep(SETTLE)
        result.memory = memory, process.memory()
        seen = watchers.lags()
        result.lags, result.closed = seen["lags"], seen["closed"]
        wanted = round(rate * seconds) * min(count, MEASURED)
        assert len(result.lags) == wanted, f"{len(result.lags)} of {wanted} arrived"
    finally:
        watchers.close()
    return result


def joined(lists: Iterable[list[float]]) -> list[float]:
    return list(itertools.chain.from_iterable(lists))


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def show(name: str, rounds: list[Round], alone: list[Round]) -> None:
    """One line."""
    lags, appends = joined(r.lags for r in rounds), joined(r.appends for r in rounds)
    plain = joined(r.appends for r in alone)
    slowed = sum(r.elapsed for r in rounds) / sum(r.elapsed for r in alone) - 1
    middle = statistics.median
    print(
        f"{name:8} lag ms median {middle(lags) * 1e3:6.1f} p95 {p95(lags) * 1e3:6.1f}   "
        f"core {middle(r.cpu for r in rounds):.2f}   "
        f"RSS MB {rounds[0].memory[0] / 1e6:.0f} -> {rounds[-1].memory[1] / 1e6:.0f}   "
        f"append ms median {middle(plain) * 1e3:.1f} -> {middle(appends) * 1e3:.1f}, "
        f"p95 {p95(plain) * 1e3:.1f} -> {p95(appends) * 1e3:.1f}   slowed {slowed:+.1%}   "
        f"cut off {sum(r.closed for r in rounds)}"
    )


def measure(
    count: int, rate: float, seconds: float, rounds: int
) -> dict[str, tuple[list[Round], list[Round]]]:
    """Both in turns: rounds with watchers, and without."""
    with tempfile.TemporaryDirectory() as folder:
        service = ServiceProcess(Path(folder, "data"), free_port()).start()
        peer = Peer(Path(folder, "peer"), free_port()).start()
        recorders: dict[str, tuple] = {}
        try:
            cells = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}
            with service.client("ada") as ada:
                ada.post("api/v1/labs", json={"name": "x", "notebook": cells}).raise_for_status()
            recorders |= {"peer": (peer, PeerRecorder(peer)), "MLabs": (service, Recorder(service))}
            results: dict[str, tuple[list[Round], list[Round]]] = {name: ([], []) for name in recorders}
            for _ in range(rounds):
                for name, (process, recorder) in recorders.items():
                    appends, elapsed = record(recorder.send, rate, seconds)
                    results[name][1].append(Round(appends=appends, elapsed=elapsed))
                    results[name][0].append(watched(process, recorder, count, rate, seconds))
            return results
        finally:
            for _, recorder in recorders.values():
                recorder.client.close()
            service.stop()
            peer.stop()


def main() -> None:
    """Print a table."""
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--watchers", type=int, default=1000)
    arguments.add_argument("--rate", type=float, default=20)
    arguments.add_argument("--seconds", type=float, default=10)
    arguments.add_argument("--rounds", type=int, default=3)
    options = arguments.parse_args()
    print(f"load of this machine before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    results = measure(options.watchers, options.rate, options.seconds, options.rounds)
    print(f"{options.watchers} watchers, {options.rate:g} events/s")
    for name, (rounds, alone) in results.items():
        show(name, rounds, alone)
    ours, peers = (p95(joined(r.lags for r in results[name][0])) for name in ("MLabs", "peer"))
    print(f"p95 of the lag, ours to the peer's: {ours / peers:.2f}")


if __name__ == "__main__":
    main()
