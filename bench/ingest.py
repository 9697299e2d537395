"""How fast the service takes in events, durably, beside single commits of SQLite itself, in turns.

The service is a process of its own with SQLite and synchronous=FULL; an event counts once it is
acknowledged. The first is one user server that sends a batch of a hundred as soon as the one before was
acknowledged; the second is eight that pause in between, as `Delivery` does. Their events are prints of an
ordinary length, with an execution around every hundred. The peer is plain `sqlite3` that commits each
such row with synchronous=FULL.
"""

from __future__ import annotations

import sqlite3
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from _ratios import p95
from _rows import Effort, Goal, Row
from support.service_process import ServiceProcess
from support.waiting import free_port
from ulid import ULID

BATCH, SERVERS = 100, 8
TEXT = "epoch 17/100  loss 0.2131  accuracy 0.9312  val_loss 0.2533  val_accuracy 0.9207\n"
# Seconds, `Delivery.spacing`.
PAUSE = 0.1


@dataclass
class Sent:
    """What was acknowledged: how many events, and seconds for each batch."""

    events: int = 0
    waits: list[float] = field(default_factory=list)


def steps(first: int, count: int) -> list[dict]:
    """Events of a run that prints."""
    made = []
    for seq in range(first, first + count):
        shown = {"output_type": "stream", "name": "stdout", "text": TEXT}
        kind, data = "output", {"execution": f"e{seq // 100}", "output": shown}
        if not seq % 100:
            kind, data = "execute", {"execution": f"e{seq // 100}", "code": "fit()", "execution_count": 1}
        made.append({"seq": seq, "type": kind, "time": datetime.now(UTC), "cell": "c", "data": data})
    return made


def send(service: ServiceProcess, batch: int, pause: float, until: float, sent: Sent) -> None:
    """One user server; the bodies are made beforehand, and so are no part of what is measured."""
    with service.client("ada") as client:
        run, seq = str(ULID()), 0
        began = {"id": run, "lab": "ada/x", "started": datetime.now(UTC).isoformat(), "environment": "python"}
        client.post("api/v1/runs", json=began).raise_for_status()
        while time.monotonic() < until:
            body = msgspec.json.encode({"events": steps(seq + 1, batch)})
            begun = time.monotonic()
            answer = client.post(f"api/v1/runs/{run}/events", content=body)
            sent.waits.append(time.monotonic() - begun)
            seq += batch
            assert answer.json()["acknowledged"] == seq, answer.text
            sent.events += batch
            time.sleep(pause)


def ours(
    service: ServiceProcess, servers: int, batch: int, pause: float, seconds: float
) -> tuple[float, list[float]]:
    """Events a second, and the waits."""
    until = time.monotonic() + seconds
    all_sent = [Sent() for _ in range(servers)]
    threads = [threading.Thread(target=send, args=(service, batch, pause, until, sent)) for sent in all_sent]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rate = sum(sent.events for sent in all_sent) / (time.monotonic() - begun)
    return rate, [wait for sent in all_sent for wait in sent.waits]


def plain(folder: Path, seconds: float) -> float:
    """Single commits a second of SQLite itself."""
    connection = sqlite3.connect(folder / "plain.sqlite", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE IF NOT EXISTS event (seq INTEGER PRIMARY KEY, data BLOB)")
    data, count, begun = msgspec.json.encode(steps(1, 1)[0]["data"]), 0, time.monotonic()
    while time.monotonic() < begun + seconds:
        connection.execute("INSERT INTO event (data) VALUES (?)", (data,))
        count += 1
    connection.close()
    return count / seconds


@dataclass
class Measured:
    """Of each round: events and commits a second, and p95 of the milliseconds that a batch waits."""

    rates: list[float] = field(default_factory=list)
    commits: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)


def measured(service: ServiceProcess, folder: Path, servers: int, pause: float, effort: Effort) -> Measured:
    """Both in turns."""
    found, seconds = Measured(), effort.either(5, 2)
    for _ in range(effort.rounds(6, 2)):
        found.commits.append(plain(folder, seconds / 2))
        rate, waits = ours(service, servers, BATCH, pause, seconds)
        found.rates.append(rate)
        found.waits.append(1e3 * p95(waits))
    return found


def rows(effort: Effort) -> Iterator[Row]:
    """How much is acknowledged, and how soon."""
    cells = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        service = ServiceProcess(Path(name, "data"), free_port()).start()
        try:
            with service.client("ada") as ada:
                ada.post("api/v1/labs", json={"name": "x", "notebook": cells}).raise_for_status()
            alone = measured(service, Path(name), 1, 0.0, effort)
            many = measured(service, Path(name), SERVERS, PAUSE, effort)
        finally:
            service.stop()
    waits = statistics.median(alone.waits)
    yield rate("run events of one server, without a pause", alone, f"p95 of a batch {waits:.0f} ms")
    yield rate(
        f"run events of {SERVERS} servers, as they send them", many, "they pause 0.1 s between batches"
    )
    yield Row(
        work=f"a batch of {BATCH} events is acknowledged, {SERVERS} servers",
        ours=many.waits,
        unit="ms p95",
        goal=Goal(50, "ours"),
        why="A disk that takes long to say that it wrote is most of it.",
    )


def rate(work: str, found: Measured, note: str) -> Row:
    """Events a second, beside SQLite's own commits."""
    return Row(
        work=work,
        ours=found.rates,
        peer=found.commits,
        unit="/s",
        peer_is="SQLite itself, a durable commit for each",
        better="higher",
        goal=Goal(5000, "ours"),
        note=note,
    )
