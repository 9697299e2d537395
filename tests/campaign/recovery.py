"""How long it takes until people can read and write again after a fault."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx
from support.person import Person

from campaign.asking import key
from campaign.load import notebook, source

LAB = "probe"
LIMIT = 120.0
PAUSE = 0.1
PATIENCE = 5.0


@dataclass
class Recovery:
    """Seconds from a fault to the first success of an ordinary read, and of an ordinary write."""

    kind: str
    read: float
    write: float

    @property
    def seconds(self) -> float:
        return max(self.read, self.write)


class NotRecovered(AssertionError):
    """Nothing came back in time."""


class Probe:
    """Reads and writes at the service through the proxy, as everybody does."""

    def __init__(self, person: Person):
        self.person = person

    def prepare(self) -> None:
        """Make what is read and written."""
        self.person.ok("POST", "labs", json={"name": LAB, "notebook": notebook(source("first", 1))})

    def reads(self) -> bool:
        return self._good("GET", f"{self._lab}")

    def anybody_reads(self) -> bool:
        """Whether who is not signed in can, of whom nobody has to know anything."""
        try:
            return httpx.get(f"{self.person.url}{self._lab}", timeout=PATIENCE).is_success
        except httpx.TransportError:
            return False

    def writes(self) -> bool:
        op = key()
        body = {"notebook": notebook(source(op, 1)), "message": op}
        return self._good("POST", f"{self._lab}/versions", json=body, headers={"Idempotency-Key": op})

    @property
    def _lab(self) -> str:
        return f"/services/mlabs/api/v1/labs/{self.person.name}/{LAB}"

    def _good(self, method: str, path: str, **request) -> bool:
        try:
            return self.person.http.request(method, path, timeout=PATIENCE, **request).is_success
        except httpx.TransportError:
            return False


class HubProbe(Probe):
    """The same, and of the hub who one is and a new token."""

    def reads(self) -> bool:
        return super().reads() and self._good("GET", "/hub/api/user")

    def writes(self) -> bool:
        path = f"/hub/api/users/{self.person.name}/tokens"
        return super().writes() and self._good("POST", path, json={"note": "probe", "expires_in": 60})


def measure(kind: str, probe: Probe, since: float, limit: float = LIMIT) -> Recovery:
    """Wait until both work again; `since` is the fault's time by the monotonic clock."""
    read = _first(probe.reads, since, limit, kind)
    return Recovery(kind, read, _first(probe.writes, since, limit, kind))


def _first(works: Callable[[], bool], since: float, limit: float, kind: str) -> float:
    while not works():
        if time.monotonic() - since > limit:
            raise NotRecovered(f"{kind}: {works.__qualname__} fails after {limit:.0f} s")
        time.sleep(PAUSE)
    return time.monotonic() - since
