"""How many watch each run: here, and at other services on the same database."""

from __future__ import annotations

import time
from uuid import uuid4

import msgspec

# Seconds: what a service says of its watchers is believed for so long, and is said again in time.
BELIEVED = 30
AGAIN = 10
# PostgreSQL's messages hold 8,000 bytes; a run's id and count take 40 at most.
AT_ONCE = 150


class Count(msgspec.Struct):
    """What one service says of its watchers: by run, as far as it is new; `gone` takes back all it said."""

    service: str
    runs: dict[str, int] = {}
    gone: bool = False


class Other(msgspec.Struct):
    """What another service said, and when it was last heard of."""

    runs: dict[str, int]
    heard: float


class Audience:
    """Counts of watchers. Read by any thread, changed by the event loop only."""

    def __init__(self) -> None:
        self.service = uuid4().hex
        self._here: dict[str, int] = {}
        self._others: dict[str, Other] = {}
        self._said: dict[str, int] = {}
        self._said_all = 0.0

    def of(self, run: str) -> int:
        """How many watch a run."""
        return self._here.get(run, 0) + sum(other.runs.get(run, 0) for other in list(self._others.values()))

    def set(self, run: str, count: int) -> None:
        """So many watch a run here."""
        if count:
            self._here[run] = count
        else:
            self._here.pop(run, None)

    def total(self) -> int:
        """How many watch here."""
        return sum(self._here.values())

    def hear(self, text: str | bytes) -> None:
        """Take in what another service says, or this one said itself."""
        count = msgspec.json.decode(text, type=Count)
        if count.service == self.service:
            return
        if count.gone:
            self._others.pop(count.service, None)
            return
        other = self._others.setdefault(count.service, Other({}, 0.0))
        other.runs = {run: n for run, n in (other.runs | count.runs).items() if n}
        other.heard = time.monotonic()

    def forget(self) -> None:
        """Believe no longer what services said that are silent now."""
        old = time.monotonic() - BELIEVED
        for service in [service for service, other in self._others.items() if other.heard < old]:
            del self._others[service]

    def news(self) -> list[bytes]:
        """What the other services should hear now: what is new, and now and then all."""
        everything = time.monotonic() - self._said_all > AGAIN
        changed = {run: self._here.get(run, 0) for run in self._here.keys() | self._said.keys()}
        if not everything:
            changed = {run: n for run, n in changed.items() if n != self._said.get(run, 0)}
        elif changed:
            self._said_all = time.monotonic()
        self._said = dict(self._here)
        items = list(changed.items())
        parts = [dict(items[n : n + AT_ONCE]) for n in range(0, len(items), AT_ONCE)]
        return [msgspec.json.encode(Count(self.service, part)) for part in parts]

    def farewell(self) -> bytes:
        """What they hear at the end."""
        return msgspec.json.encode(Count(self.service, gone=True))
