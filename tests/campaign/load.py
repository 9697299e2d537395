"""What people do at MLabs: they publish, fork, upload, and their servers tell of runs. Each is a thread."""

from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ulid import ULID

from campaign.asking import Asker, key

LAB = "shared"
EVENTS = (20, 60)
BATCH = 8


def source(op: str, lines: int) -> str:
    """A cell that names its operation, with a padding that follows from it."""
    padding = hashlib.sha256(op.encode()).hexdigest()
    return f"# {op}\n" + "\n".join(f"# {n} {padding}" for n in range(lines))


def notebook(text: str) -> dict[str, Any]:
    """A notebook of that one cell."""
    cell = {
        "cell_type": "code", "id": "only", "source": text, "metadata": {}, "outputs": [],
        "execution_count": None,
    }  # fmt: skip
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}


def digest(text: str | bytes) -> str:
    """How a history names content."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()


def step_text(run: str, seq: int) -> str:
    """What the run prints at a step: whoever reads it can tell that it is the right one, and whole."""
    return f"{seq} {digest(f'{run} {seq}')}\n"


class Load:
    """One person's doing again and again until the switch is off."""

    pause = (0.05, 0.6)

    def __init__(self, asker: Asker, owner: str):
        self.asker, self.owner = asker, owner
        self.thread = threading.Thread(target=self._run, name=type(self).__name__)
        self.failure: BaseException | None = None

    def _run(self) -> None:
        try:
            while self.asker.switch.pause(self.asker.chance.uniform(*self.pause)):
                self.once()
        except BaseException as error:
            self.failure = error
            raise

    def once(self) -> None:
        """Do it once."""
        raise NotImplementedError


class Publisher(Load):
    """Publishes the next version of a lab that others publish too, if it is still as it was read."""

    def once(self) -> None:
        lab = self.asker.read(f"labs/{self.owner}/{LAB}")
        if lab is None:
            return
        op = key()
        text = source(op, self.asker.chance.randrange(200))
        self.asker.ask(
            "version", op, "POST", f"labs/{self.owner}/{LAB}/versions",
            said={"lab": f"{self.owner}/{LAB}", "source": digest(text)},
            headers={"If-Match": lab.headers["ETag"]},
            got=lambda body: {"number": body["number"], "notebook": body["notebook_sha256"]},
            json={"notebook": notebook(text), "message": op},
        )  # fmt: skip


class Forker(Load):
    """Forks that lab."""

    pause = (0.3, 1.5)

    def once(self) -> None:
        op = key()
        name = f"f{op}"
        self.asker.ask(
            "fork", op, "POST", f"labs/{self.owner}/{LAB}/fork",
            said={"lab": f"{self.asker.person.name}/{name}"},
            got=lambda body: {"name": body["name"], "from": body["forked_from"]["version"]},
            json={"name": name},
        )  # fmt: skip


class Uploader(Load):
    """Brings datasets of two files."""

    pause = (0.3, 1.5)

    def once(self) -> None:
        op = key()
        data = {"a.bin": self.asker.chance.randbytes(self.asker.chance.randrange(1, 300_000))}
        data["b.txt"] = f"{op}\n".encode()
        name, digests = f"{self.asker.person.name}/d{op}", {path: digest(body) for path, body in data.items()}
        self.asker.ask(
            "dataset", op, "POST", "datasets",
            said={"dataset": name, "files": digests},
            got=lambda body: {"version": body["version"]},
            files=[("file", (path, body)) for path, body in data.items()],
            data={"name": f"d{op}"},
        )  # fmt: skip


class Recorder(Load):
    """Tells of runs as the server of a lab does: again until each step is acknowledged."""

    def __init__(self, asker: Asker, owner: str, began: Callable[[str], None]):
        super().__init__(asker, owner)
        self.began = began

    def once(self) -> None:
        run, last = str(ULID()), self.asker.chance.randint(*EVENTS)
        now = datetime.now(UTC).isoformat()
        body = {"id": run, "lab": f"{self.owner}/{LAB}", "started": now, "environment": "python"}
        registered = self.asker.ask(
            "run", run, "POST", "runs", said={"run": run}, got=lambda body: {"id": body["id"]}, insist=True,
            json=body,
        )  # fmt: skip
        if registered is None:
            return
        assert registered.is_success, registered.text
        self.began(run)
        first = 1
        while first <= last:
            upto = min(last, first + self.asker.chance.randrange(BATCH))
            if not self._tell(run, first, upto, last):
                return
            # Some of it once more, as after an answer that was lost.
            first = upto + 1 - (self.asker.chance.random() < 0.1 and upto < last)
            self.asker.switch.pause(self.asker.chance.uniform(0, 0.2))

    def _tell(self, run: str, first: int, upto: int, last: int) -> bool:
        events = [event(run, seq, seq == last) for seq in range(first, upto + 1)]
        answer = self.asker.ask(
            "events", f"{run}-{first}-{upto}", "POST", f"runs/{run}/events",
            said={"run": run, "first": first, "upto": upto, "end": upto == last},
            got=lambda body: {"acknowledged": body["acknowledged"]}, insist=True, json={"events": events},
        )  # fmt: skip
        return answer is not None and answer.is_success


def event(run: str, seq: int, is_last: bool) -> dict[str, Any]:
    """One step, the last the end."""
    shown = {"output_type": "stream", "name": "stdout", "text": step_text(run, seq)}
    data = {"status": "succeeded"} if is_last else {"execution": "e", "output": shown}
    kind = "end" if is_last else "output"
    return {"seq": seq, "type": kind, "time": datetime.now(UTC).isoformat(), "cell": "c", "data": data}


def chances(seed: int, count: int) -> list[random.Random]:
    """A chance for each of so many."""
    return [random.Random(f"{seed}/{number}") for number in range(count)]
