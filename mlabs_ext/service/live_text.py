"""Server-sent events as text: what a watcher of a run receives, encoded once for all of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from mlabs_ext import wire

# Milliseconds after which a browser that lost its connection comes again.
RETRY = b"retry: 2000\n\n"
HEARTBEAT = b":\n\n"


class Step(msgspec.Struct):
    """A `wire.RunEvent` whose data is JSON already."""

    seq: int
    type: str
    time: datetime
    cell: str | None
    data: msgspec.Raw


def message(event: str, data: Any, number: int | str | None = None) -> bytes:
    """One message. JSON has no line breaks of its own, so `data` is one line."""
    head = b"" if number is None else f"id: {number}\n".encode()
    return b"%sevent: %s\ndata: %s\n\n" % (head, event.encode(), msgspec.json.encode(data))


def step(seq: int, kind: str, time: datetime, cell: str | None, data: bytes) -> bytes:
    """A step of the run."""
    return message("step", Step(seq, kind, time, cell, msgspec.Raw(data)), seq)


def run(shown: wire.Run) -> bytes:
    """The run as it is now."""
    return message("run", shown)


def watching(count: int) -> bytes:
    """How many watch."""
    return message("watching", {"watching": count})


def gap(after: int, following: int) -> bytes:
    """The steps between `after` and `following` cannot be told any more."""
    return message("gap", {"after": after, "next": following})


def snapshot(notebook: bytes, seq: int) -> bytes:
    """What there is to see after step `seq`, in the place of steps that are gone."""
    compact = msgspec.Raw(msgspec.json.format(notebook, indent=-1))
    return message("snapshot", {"notebook": compact, "seq": seq}, seq)


def final(shown: wire.Run, seq: int) -> bytes:
    """The run as it has ended. Its id tells who has seen the end from who has seen the last step."""
    return message("final", shown, f"{seq}.final")


def position(last_id: str) -> tuple[int, bool]:
    """The step that an id names, and whether it is the one of the end; ValueError where it is neither."""
    number, _, rest = last_id.partition(".")
    if not (number.isascii() and number.isdigit() and len(number) < 16 and rest in ("", "final")):
        raise ValueError(last_id)
    return int(number), rest == "final"
