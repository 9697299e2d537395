"""kill -9 of the service while a run is watched and told: who comes again sees every step once."""

from __future__ import annotations

import contextlib
import itertools
import random
import shutil
import signal
import socket
import threading
import time
from pathlib import Path

import httpx
import pytest
from service.watched_runs import event, printed
from support.service_process import ServiceProcess
from support.sse import watch
from ulid import ULID

TOTAL = 300
KILLS = 3


@pytest.fixture
def service(migrated: Path, tmp_path: Path):
    """The service as a process."""
    shutil.copytree(migrated, tmp_path / "data")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = ServiceProcess(tmp_path / "data", port).start()
    yield process
    process.stop()


def record(service: ServiceProcess, run: str, pause: float) -> None:
    """Tell a run to its end, as a user's server does: again until it is acknowledged."""
    last = event(TOTAL, "end", status="succeeded")
    with service.client("ada") as ada:
        for seq in range(1, TOTAL + 1):
            body = {"events": [printed(seq) if seq < TOTAL else last]}
            for _ in itertools.repeat(None):
                with contextlib.suppress(httpx.TransportError):
                    answer = ada.post(f"api/v1/runs/{run}/events", json=body)
                    assert answer.json()["acknowledged"] == seq
                    break
                time.sleep(0.05)
            time.sleep(pause)


@pytest.mark.timeout(180)
def test_who_watches_comes_again_after_a_kill_and_misses_nothing(service):
    cells = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}
    run = str(ULID())
    began = {"id": run, "lab": "ada/x", "started": "2026-01-01T12:00:00Z", "environment": "python"}
    with service.client("ada") as ada:
        ada.post("api/v1/labs", json={"name": "x", "notebook": cells}).raise_for_status()
        ada.post("api/v1/runs", json=began).raise_for_status()
    recorder = threading.Thread(target=record, args=(service, run, 0.01))
    recorder.start()
    seen, losses, chance = [], 0, random.Random(5)
    kills = sorted(chance.sample(range(20, TOTAL - 20), KILLS))
    with service.client(None) as anybody:
        while not seen or seen[-1] < TOTAL:
            headers = {"Last-Event-ID": str(seen[-1])} if seen else {}
            with contextlib.suppress(httpx.TransportError), watch(anybody, run, **headers) as stream:
                for message in stream.messages:
                    if message.event == "step":
                        seen.append(message.data["seq"])
                    if kills and seen and seen[-1] >= kills[0]:
                        kills.pop(0)
                        losses += 1
                        service.stop(signal.SIGKILL)
                        service.start()
    recorder.join()
    assert losses == KILLS
    assert seen == list(range(1, TOTAL + 1))
