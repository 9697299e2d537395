"""Every request and every answer, in the order that they were seen, in a file that is only added to."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

State = Literal["acknowledged", "refused", "unknown"]
# Answers that say themselves that nothing was done.
REFUSALS = {400, 403, 404, 409, 412, 413, 422, 429, 507}


class History:
    """The file; any thread may write. A line is whole or, after a crash, the last one is cut."""

    def __init__(self, file: Path):
        self.file = file
        self._descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, event: str, **said: Any) -> None:
        """Add one line."""
        line = json.dumps({"time": round(time.time(), 4), "event": event, **said})
        os.write(self._descriptor, line.encode() + b"\n")

    def lines(self) -> Iterator[dict[str, Any]]:
        """All that was written so far."""
        with self.file.open(encoding="utf-8") as file:
            yield from (json.loads(line) for line in file if line.endswith("\n"))

    def close(self) -> None:
        os.close(self._descriptor)


@dataclass
class Operation:
    """What somebody wanted done once: `said` is what, `got` the answer that counts, of `statuses` all came.

    None among the statuses is an answer that never came. `foreign` are answers below 500 that are none of the
    service's: the proxy's or the hub's word on what they cannot know. `words` are those of 500s.
    """

    key: str
    kind: str
    said: dict[str, Any]
    statuses: list[int | None] = field(default_factory=list)
    got: dict[str, Any] = field(default_factory=dict)
    times: int = 0
    foreign: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    @property
    def state(self) -> State:
        """Whether it was acknowledged, refused each time it was asked for, or nobody can know."""
        if any(status and 200 <= status < 300 for status in self.statuses):
            return "acknowledged"
        answered = len(self.statuses) == self.times and not self.foreign
        refused = answered and all(one in REFUSALS for one in self.statuses)
        return "refused" if refused else "unknown"


def operations(lines: Iterable[dict[str, Any]]) -> list[Operation]:
    """What was wanted, in the order of its first request."""
    found: dict[str, Operation] = {}
    for line in lines:
        if line["event"] == "asked":
            said = line.get("said", {})
            operation = found.setdefault(line["op"], Operation(line["op"], line["kind"], said))
            operation.times += 1
        elif line["event"] == "answered":
            operation = found[line["op"]]
            operation.statuses.append(line["status"])
            if line["foreign"]:
                operation.foreign.append(f"{line['status']}: {line['words']}")
            elif line["status"] == 500:
                operation.words.append(line["words"])
            if line["status"] and 200 <= line["status"] < 300:
                operation.got = operation.got or line["got"]
    return list(found.values())


def streams(lines: Iterable[dict[str, Any]]) -> dict[str, list[tuple[str, list]]]:
    """What each watcher was told, by run: lists of `[seq, text]` in the order that they came."""
    found: dict[tuple[str, str], list] = {}
    for line in lines:
        if line["event"] == "seen":
            found.setdefault((line["run"], line["watcher"]), []).append([line["seq"], line["text"]])
    by_run: dict[str, list[tuple[str, list]]] = {}
    for (run, watcher), seen in found.items():
        by_run.setdefault(run, []).append((watcher, seen))
    return by_run


class Switch:
    """A load's end: set once, waited for by many."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def off(self) -> None:
        self._event.set()

    @property
    def is_off(self) -> bool:
        return self._event.is_set()

    def pause(self, seconds: float) -> bool:
        """Wait so long or until the end; whether to go on."""
        return not self._event.wait(seconds)
