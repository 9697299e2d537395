"""Publishes, forks and records for ever, and says what was acknowledged; `test_kill.py` kills it.

Usage: killed_writer.py DATA. Each line is a JSON list, written after the acknowledgement came.
"""

from __future__ import annotations

import json
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ulid import ULID

from mlabs_ext import wire
from mlabs_ext.catalogue import Catalogue
from mlabs_ext.service.addresses import Addresses
from mlabs_ext.service.blobs import Blobs
from mlabs_ext.service.labs import Labs
from mlabs_ext.service.plans import Plans
from mlabs_ext.service.runs import Runs
from mlabs_ext.service.store import Store
from mlabs_ext.service.versions import Versions
from mlabs_ext.service.viewers import Viewer

ADA = Viewer(name="ada", can_read=True, can_write=True)
BATCH = 50
turn = threading.Lock()


def open_rules(data: str) -> tuple[Labs, Versions, Runs]:
    """The rules over a data directory."""
    shared = {
        "store": Store(directory=data),
        "blobs": Blobs(directory=str(Path(data, "blobs"))),
        "catalogue": Catalogue(),
        "addresses": Addresses("/"),
    }
    shared["plans"] = Plans(**shared)
    return Labs(**shared), Versions(**shared), Runs(**shared)


def notebook(*cells: dict[str, Any]) -> bytes:
    """A notebook's text."""
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}).encode()


def say(*words: Any) -> None:
    """Write an acknowledgement."""
    with turn:
        print(json.dumps(words), flush=True)


def publish(labs: Labs, versions: Versions) -> None:
    """Publish and fork."""
    code = {"id": "a", "cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    fields = wire.VersionCreate(notebook=b"")
    while True:
        text = notebook(code | {"source": f"# {ULID()}\n" * 500})
        version, _ = versions.add(ADA, "ada", "shared", fields, text)
        say("version", version.number, version.notebook_sha256)
        say("fork", labs.fork(ADA, "ada", "shared", wire.ForkCreate()).name)


def record(runs: Runs) -> None:
    """Append events to a run."""
    run = str(ULID())
    began = wire.RunCreate(id=run, lab="ada/shared", started=datetime.now(UTC), environment="python")
    runs.register(ADA, began)
    seq = 0
    while True:
        now, data = datetime.now(UTC), {"state": "interrupted"}
        events = [wire.RunEvent(seq + n, "kernel", now, None, data) for n in range(1, BATCH + 1)]
        seq = runs.append(ADA, run, events).acknowledged
        say("events", run, seq)


def main(data: str) -> None:
    """Two publishers and a recorder."""
    labs, versions, runs = open_rules(data)
    say("ready")
    for target, args in ((publish, (labs, versions)), (publish, (labs, versions)), (record, (runs,))):
        threading.Thread(target=target, args=args).start()


if __name__ == "__main__":
    main(sys.argv[1])
