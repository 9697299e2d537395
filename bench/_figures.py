"""What a row comes to: both figures, their ratio with its interval, and whether the goal is met."""

from __future__ import annotations

from typing import Literal

import msgspec
from _ratios import STATISTICS, interval, spread
from _rows import Goal, Row


class Figure(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A row that is measured. `ratio`, `low` and `high` are of ours to the peer's, else of ours itself."""

    work: str
    unit: str
    ours: float
    ratio: float
    low: float
    high: float
    rounds: int
    better: Literal["lower", "higher"]
    peer: float | None = None
    peer_is: str = ""
    goal: Goal | None = None
    note: str = ""
    why: str = ""
    own: bool = False

    @property
    def judged(self) -> float:
        """The number that the goal is about."""
        if self.goal and self.goal.of == "ours":
            return self.ours
        if self.goal and self.goal.of == "interval":
            return self.high if self.better == "lower" else self.low
        return self.ratio

    @property
    def beyond(self) -> float | None:
        """How many times the goal it is: over 1 is missed. None without a goal."""
        return None if self.goal is None else worse(self.judged, self.goal.limit, self.better)

    @property
    def met(self) -> bool:
        """Whether the goal is met; so it is where there is none."""
        return self.beyond is None or self.beyond <= 1


def worse(value: float, than: float, better: str) -> float:
    """How many times worse a figure is than another; under 1 where it is better."""
    if better == "higher":
        value, than = than, value
    # What grows by nothing, or shrinks, is no worse than anything.
    return max(value, 0.0) / than if than > 0 else float(value > 0)


def figure(row: Row) -> Figure:
    """What a row comes to."""
    numbers = interval(row.ours, row.peer, row.statistic) if row.peer else spread(row.ours, row.statistic)
    of = STATISTICS["median" if row.statistic == "each" else row.statistic]
    ratio, low, high = (rounded(number) for number in numbers)
    same = {name: getattr(row, name) for name in Row.__struct_fields__ if name in Figure.__struct_fields__}
    given = {"ours": rounded(of(row.ours)), "peer": rounded(of(row.peer)) if row.peer else None}
    return Figure(**(same | given), ratio=ratio, low=low, high=high, rounds=len(row.ours))


def rounded(value: float) -> float:
    """To four digits: more would be noise in the record."""
    return float(f"{value:.4g}")
