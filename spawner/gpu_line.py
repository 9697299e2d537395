"""Who waits for an accelerator, for the next hub: who comes again after its restart has their old place."""

from __future__ import annotations

import time

from msgspec import Struct

from mlabs_ext import wire

# Seconds after a hub began in which a free accelerator is kept for who waited before.
RETURN = 60


class Place(Struct, kw_only=True):
    """A place in the line. `passed`: how often somebody who came later went before.

    `since` is in seconds since 1970; `number` counts all who ever came.
    """

    key: str
    who: wire.HubPerson
    number: int
    since: float
    passed: int = 0

    def plain(self) -> Place:
        """The place without who stands in it now."""
        return Place(key=self.key, who=self.who, number=self.number, since=self.since, passed=self.passed)


class Line(Struct):
    """The line at a moment: who waits, how many came, and when whom of those who are here had a turn."""

    places: list[Place] = []
    arrivals: int = 0
    turns: int = 0
    served: dict[str, int] = {}


class Missing:
    """Those who waited when another hub ended, and are not here again yet."""

    def __init__(self, places: list[Place]):
        self.places = {place.key: place for place in places}
        self.until = time.monotonic() + RETURN

    def back(self, key: str) -> Place | None:
        """Somebody comes: their old place, if it is still kept."""
        self._forget()
        return self.places.pop(key, None)

    def awaited(self) -> list[Place]:
        """Those who are still waited for."""
        self._forget()
        return list(self.places.values())

    def _forget(self) -> None:
        if time.monotonic() > self.until:
            self.places.clear()
