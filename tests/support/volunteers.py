"""Machines that lend to the community pool, and what they should come to."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np

from mlabs_ext.remote import volunteer
from support.node import NODE
from support.pool import decoded, network, numbers
from support.up import COMMAND, environment


class Volunteer:
    """A process that lends, and the lines that it printed."""

    def __init__(self, site: Any, folder: Path, *arguments: str):
        self.file = folder / f"lines-{time.monotonic_ns()}"
        url = site.url.removesuffix("/services/mlabs/")
        with self.file.open("wb") as opened:
            self.process = subprocess.Popen(
                [COMMAND, "volunteer", url, *arguments], stdout=opened, stderr=subprocess.STDOUT,
                env=environment(MLABS_LOGIN=str(folder / "login.json")),
            )  # fmt: skip

    @property
    def lines(self) -> str:
        return self.file.read_text()

    @property
    def state(self) -> dict[str, Any]:
        return json.loads(self.lines.splitlines()[-1])

    def ended(self) -> int:
        return self.process.wait(30)


def uninterrupted(folder: Path, asked: dict[str, Any], train: bytes) -> bytes:
    """The checkpoint at the end of a job that one process trained at a stretch on these rows."""
    (folder / "rows").write_bytes(train)
    question = {
        "id": 1, "ask": "slice", "spec": asked, "start": None, "train": str(folder / "rows"), "from": 0,
        "to": asked["options"]["epochs"], "out": str(folder / "state"),
    }  # fmt: skip
    script = volunteer.SCRIPT.with_name("referee.mjs")
    done = subprocess.run(
        [NODE, script], input=json.dumps(question).encode(), capture_output=True, check=True
    )
    assert "error" not in json.loads(done.stdout), done.stdout
    return (folder / "state").read_bytes()


def apart(asked: dict[str, Any], one: bytes, other: bytes) -> float:
    """The largest difference between two checkpoints of a job, of all that is in them."""
    made = network(decoded(asked))
    pairs = zip(numbers(one, made), numbers(other, made), strict=True)
    return max(float(np.max(np.abs(got - wanted))) for got, wanted in pairs)


def bound(asked: dict[str, Any]) -> float:
    """How far that may be."""
    return 1e-4 if asked["options"]["optimiser"] == "adam" else 1e-5
