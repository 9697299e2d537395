"""Many watchers of a run, beside a minimal Tornado server of events: lag, processor time, memory.

The two take turns. A recorder sends an event every 1/20 s, once the one before was acknowledged: by the peer
from memory, by the service from disk. The lag is from before it is sent until a watcher has it. The run is
slowed by how much longer the recorder needs for all with watchers than without. Watchers are a process of
their own; of them 50 are looked at closely.
"""

from __future__ import annotations

import itertools
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
from _http import Server
from _ratios import p95
from _rows import Effort, Goal, Row
from support import sse_peer
from support.service_process import BASE, ServiceProcess
from support.waiting import free_port
from support.watchers import Watchers
from ulid import ULID

MEASURED, RATE = 50, 20
# Seconds without anything after which all has arrived, and how many of them at most are waited for.
SETTLE, LONGEST = 1.0, 60
PEER = "a minimal Tornado server of events"


@dataclass
class Round:
    """What one round showed; seconds, and the memory in bytes before and after."""

    lags: list[float] = field(default_factory=list)
    appends: list[float] = field(default_factory=list)
    elapsed: float = 0.0
    cpu: float = 0.0
    memory: tuple[int, int] = (0, 0)
    closed: int = 0
    watchers_cpu: float = 0.0


class Peer(Server, ServiceProcess):
    """The minimal server, measured in the same way."""

    def __init__(self):
        port = free_port()
        Server.__init__(self, port, [sys.executable, sse_peer.__file__, str(port)])


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
        settled(watchers)
        result, cpu, memory, own = Round(), process.cpu(), process.memory(), watchers.cpu()
        begun = time.monotonic()
        result.appends, result.elapsed = record(recorder.send, rate, seconds)
        took = time.monotonic() - begun
        result.cpu = (process.cpu() - cpu) / took
        result.watchers_cpu = (watchers.cpu() - own) / took
        result.lags, result.closed = settled(watchers)
        result.memory = memory, process.memory()
        wanted = round(rate * seconds) * min(count, MEASURED)
        assert len(result.lags) == wanted, f"{len(result.lags)} of {wanted} arrived"
    finally:
        watchers.close()
    return result


def settled(watchers: Watchers) -> tuple[list[float], int]:
    """Wait until nothing more arrives: the lags of what did, and how many were cut off.

    Who comes late is told all that there was: a thousand of them keep any server busy for a while.
    """
    lags, closed = [], 0
    for _ in range(LONGEST):
        time.sleep(SETTLE)
        seen = watchers.lags()
        lags, closed = lags + seen["lags"], closed + seen["closed"]
        if not seen["lags"]:
            return lags, closed
    raise AssertionError(f"after {LONGEST * SETTLE:.0f} s something still arrives")


def joined(lists: Iterable[list[float]]) -> list[float]:
    return list(itertools.chain.from_iterable(lists))


@dataclass
class Side:
    """One of the two, and its rounds with watchers and without."""

    process: ServiceProcess
    recorder: Recorder | PeerRecorder
    watched: list[Round] = field(default_factory=list)
    alone: list[Round] = field(default_factory=list)

    def round(self, count: int, seconds: float) -> None:
        """One without watchers, and one with them."""
        appends, elapsed = record(self.recorder.send, RATE, seconds)
        self.alone.append(Round(appends=appends, elapsed=elapsed))
        self.watched.append(watched(self.process, self.recorder, count, RATE, seconds))


@contextmanager
def sides() -> Iterator[tuple[Side, Side]]:
    """The service with a run, and the peer."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        service = ServiceProcess(Path(folder, "data"), free_port()).start()
        stack.callback(service.stop)
        peer = Peer()
        stack.callback(peer.stop)
        cells = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}
        with service.client("ada") as ada:
            ada.post("api/v1/labs", json={"name": "x", "notebook": cells}).raise_for_status()
        made = Side(service, Recorder(service)), Side(peer, PeerRecorder(peer))
        for side in made:
            stack.callback(side.recorder.client.close)
        yield made


def measured(count: int, seconds: float, rounds: int) -> tuple[Side, Side]:
    """Both in turns."""
    with sides() as made:
        for turn in range(rounds):
            for side in made if turn % 2 else reversed(made):
                side.round(count, seconds)
        return made


def rows(effort: Effort) -> Iterator[Row]:
    """With a thousand watchers, and with five thousand."""
    for count, lag in ((effort.either(1000, 200), 60), (effort.either(5000, 2000), 500)):
        if effort.wants(work := f"{count:,} watchers × {RATE} events/s"):
            ours, peer = measured(count, effort.either(10, 4), effort.rounds(6, 2))
            yield lags(work, ours, peer, lag)
            if lag == 60:
                yield from cost(work, ours, peer)


def lags(work: str, ours: Side, peer: Side, goal: float) -> Row:
    """How long after it is sent an event is with nearly all."""
    load = statistics.median(round.watchers_cpu for round in ours.watched)
    cut = sum(round.closed for round in ours.watched)
    return Row(
        work=f"{work}: p95 of the lag",
        ours=[1e3 * p95(round.lags) for round in ours.watched],
        peer=[1e3 * p95(round.lags) for round in peer.watched],
        unit="ms",
        peer_is=PEER,
        goal=Goal(goal, "ours"),
        note=f"the watchers themselves took {load:.2f} of a core; {cut} were cut off",
        why="The watchers and the server share the cores of this machine; of the peer's lag it is the ratio.",
    )


def cost(work: str, ours: Side, peer: Side) -> Iterator[Row]:
    """What they cost the run, the processor and the memory."""
    acknowledged = [
        1e3 * statistics.median(joined(r.appends for r in of)) for of in (ours.alone, ours.watched)
    ]
    yield Row(
        work=f"{work}: time of the run",
        ours=[round.elapsed for round in ours.watched],
        peer=[round.elapsed for round in ours.alone],
        unit="s",
        peer_is="the same run unwatched",
        goal=Goal(1.03),
        note="an event is acknowledged after {:.1f} ms, unwatched {:.1f} ms".format(*acknowledged[::-1]),
    )
    yield Row(
        work=f"{work}: processor",
        ours=[round.cpu for round in ours.watched],
        peer=[round.cpu for round in peer.watched],
        unit="core",
        peer_is=PEER,
        goal=Goal(0.6, "ours"),
        why="Most of it is the system's: a call for each watcher and event, for the peer as for us.",
    )
    first, last = ours.watched[0].memory[1], ours.watched[-1].memory[1]
    yield Row(
        work=f"{work}: memory that grows",
        ours=[max(0.0, (last - first) / 1e6)],
        unit="MB",
        goal=Goal(10, "ours"),
        note=f"from the first round to the last; {last / 1e6:.0f} MB with all of them there",
        why="The run is longer in the last round; of what was sent at most 16 MB is kept for who comes late.",
    )
