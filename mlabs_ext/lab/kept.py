"""One run as the outbox holds it: numbered, capped and summed up before it reaches the disk."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from mlabs_ext.lab.journal import Journal
from mlabs_ext.lab.summary import Summary
from mlabs_ext.wire import EventType, RunCreate, RunEvent

MERGED_TEXT = 256 * 1024
HAPPENED = frozenset({"execute", "done", "kernel", "usage", "metric", "packages", "end"})


class Limits(msgspec.Struct):
    """Bytes: of one event, and of all events of one run."""

    event: int
    run: int


class Kept:
    """A run that is not wholly delivered."""

    def __init__(self, create: RunCreate, path: str | None, journal: Journal):
        self.create = create
        self.path = path
        self.journal = journal
        self.summary = Summary()
        self.waiting: list[RunEvent] = []
        self.lines: list[bytes] = []
        self.next = 1
        self.durable = 0
        self.acknowledged = 0
        self.watching = 0
        self.bytes = 0
        self.stored = False
        self.registered = False
        self.partial = False
        self.dropped = False
        self.given_up = False
        self.sent_at = 0.0
        self.failures = 0
        self.not_before = 0.0

    @property
    def ended(self) -> bool:
        """Whether its `end` event is numbered."""
        return self.summary.ended is not None

    @property
    def delivered(self) -> bool:
        """Whether the service has all there is so far."""
        return self.registered and not self.waiting and self.acknowledged >= self.next - 1

    def add(self, kind: EventType, time: datetime, cell: str | None, data: dict[str, Any]) -> None:
        """Take an event; prints in a row become one, as do updates of one display."""
        last = self.waiting[-1] if self.waiting else None
        if last is None or last.type != kind or last.cell != cell or not merged(last, data):
            self.waiting.append(RunEvent(1, kind, time, cell, data))

    def number(self, limits: Limits, slow: bool) -> int:
        """Turn what waits into numbered lines; return their bytes. With `slow` outputs are left out."""
        before = self.bytes
        for event in self.waiting:
            self._number(event, limits, slow)
        self.waiting.clear()
        return self.bytes - before

    def _number(self, event: RunEvent, limits: Limits, slow: bool) -> None:
        event.seq = self.next
        line = encoded(event)
        if len(line) > limits.event:
            event.data = left_out(event.data, f"an output of {len(line):,} bytes was left out")
            line = encoded(event)
        if not always(event) and (slow or self.bytes + len(line) > limits.run):
            if self.dropped:
                return
            self.dropped = True
            event = marker(event, "the output from here on was left out: it is too much to be kept")
            line = encoded(event)
        else:
            self.dropped = self.dropped and event.type not in {"output", "update"}
        self.summary.add(event)
        self.lines.append(line)
        self.next += 1
        self.bytes += len(line)


def always(event: RunEvent) -> bool:
    """Recorded whatever the size of the rest: what happened, as opposed to what was printed."""
    return event.type in HAPPENED or event.data.get("output", {}).get("output_type") == "error"


def merged(last: RunEvent, data: dict[str, Any]) -> bool:
    """Whether `data` could be made part of the event before it."""
    if last.type == "update" and last.data["display_id"] == data["display_id"]:
        last.data = data
        return True
    if last.type != "output" or last.data["execution"] != data["execution"]:
        return False
    first, second = last.data["output"], data["output"]
    if not (first["output_type"] == second["output_type"] == "stream" and first["name"] == second["name"]):
        return False
    if len(first["text"]) + len(second["text"]) > MERGED_TEXT:
        return False
    first["text"] += second["text"]
    return True


def encoded(event: RunEvent) -> bytes:
    """The line; of what JSON cannot hold after all (a number of a million digits) only that it was there."""
    try:
        return msgspec.json.encode(event)
    except (ValueError, RecursionError, OverflowError):
        event.data = left_out(event.data, "an output that is not valid JSON was left out")
        return msgspec.json.encode(event)


def left_out(data: dict[str, Any], why: str) -> dict[str, Any]:
    """`data` with a note in the place of what it showed."""
    note = f"[MLabs: {why}]"
    if "output" not in data:
        return {
            **data,
            **({"data": {"text/plain": note}, "metadata": {}} if "data" in data else {"code": note}),
        }
    output = data["output"]
    if output["output_type"] == "error":
        return {**data, "output": {**output, "evalue": output["evalue"][:1000], "traceback": [note]}}
    if output["output_type"] == "stream":
        return {**data, "output": {**output, "text": note + "\n"}}
    return {**data, "output": {**output, "data": {"text/plain": note}, "metadata": {}}}


def marker(event: RunEvent, why: str) -> RunEvent:
    """An output that says, in the place of `event`, that something is missing."""
    data = {
        "execution": event.data.get("execution", ""),
        "output": {"output_type": "stream", "name": "stderr", "text": f"[MLabs: {why}]\n"},
    }
    return RunEvent(event.seq, "output", event.time, event.cell, data)
