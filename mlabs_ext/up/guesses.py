"""Counts wrong passwords, so that nobody finds one out by asking on and on."""

from __future__ import annotations

import math
from collections import OrderedDict
from time import monotonic

from mlabs_ext.subscribers import parsed, subscriber

# Addresses that are remembered: those that were wrong last.
MOST = 10_000


class Guesses:
    """A leaky bucket for each address: `most` wrong passwords at once, then one every `each` seconds."""

    def __init__(self, most: int, each: float):
        self.most, self.each = most, each
        # When each address will have none to its name.
        self._clean: OrderedDict[str, float] = OrderedDict()

    def wait(self, address: str) -> int:
        """Seconds until the address may try again; 0 where it may now."""
        debt = self._clean.get(_subscriber(address), 0.0) - monotonic() - (self.most - 1) * self.each
        return max(0, math.ceil(debt))

    def wrong(self, address: str) -> None:
        """Count a wrong password."""
        who = _subscriber(address)
        self._clean[who] = max(self._clean.pop(who, 0.0), monotonic()) + self.each
        if len(self._clean) > MOST:
            self._clean.popitem(last=False)


def _subscriber(address: str) -> str:
    known = parsed(address)
    return subscriber(known) if known else address
