"""How fast the service takes in events, durably, beside single commits of SQLite itself: one table, in turns.

    python bench/ingest.py [--seconds 5] [--rounds 3] [--servers 8] [--batch 100]

The service is a process of its own with SQLite and synchronous=FULL; an event counts once it is acknowledged.
The first line is one user server that sends a batch as soon as the one before was acknowledged; the second is
several that pause in between, as `Delivery` does. Their events are prints of an ordinary length, with an
execution around every hundred. The peer is plain `sqlite3` that commits each such row with synchronous=FULL.

Goals: at least 5,000 events/s; a batch is acknowledged within 50 ms at the 95th percentile.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import msgspec
from support.service_process import ServiceProcess
from support.waiting import free_port
from ulid import ULID

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


def main() -> None:
    """Print a table."""
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--seconds", type=float, default=5)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--servers", type=int, default=8)
    arguments.add_argument("--batch", type=int, default=100)
    options = arguments.parse_args()
    print(f"load of this machine before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    cells = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}
    with tempfile.TemporaryDirectory() as folder:
        service = ServiceProcess(Path(folder, "data"), free_port()).start()
        try:
            with service.client("ada") as ada:
                ada.post("api/v1/labs", json={"name": "x", "notebook": cells}).raise_for_status()
            for servers, pause in ((1, 0.0), (options.servers, PAUSE)):
                rates, waits, commits = [], [], []
                for _ in range(options.rounds):
                    commits.append(plain(Path(folder), options.seconds / 2))
                    rate, some = ours(service, servers, options.batch, pause, options.seconds)
                    rates.append(rate)
                    waits += some
                middle, p95 = statistics.median(rates), statistics.quantiles(waits, n=20)[-1]
                print(
                    f"{servers} servers, batches of {options.batch}: {middle:,.0f} events/s, acknowledged "
                    f"median {statistics.median(waits) * 1e3:.1f} ms, p95 {p95 * 1e3:.1f} ms; plain SQLite "
                    f"{statistics.median(commits):,.0f} commits/s, ratio "
                    f"{middle / statistics.median(commits):.2f}"
                )
        finally:
            service.stop()


if __name__ == "__main__":
    main()
