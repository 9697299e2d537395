"""Whether a number that was looked at for long grows without bound: its slope, and how sure it is."""

from __future__ import annotations

import itertools
import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

# What is only being filled does so at the start: this share of the time is left out.
WARMING = 0.25
RESAMPLES, PIECES = 200, 8
# Of samples in each piece: fewer tell nothing of chance.
FEWEST = 4


@dataclass(frozen=True)
class Growth:
    """Of a number over `hours`: its middle, and its growth in an hour with the 95 % interval."""

    middle: float
    hours: float
    hourly: float
    low: float
    high: float

    def unbounded(self, share: float, least: float) -> bool:
        """Whether it surely grows, meanwhile by more than this share of itself and than `least`."""
        return self.low * self.hours > max(share * self.middle, least)

    def said(self) -> str:
        return f"{self.middle:,.0f}, {self.hourly:+,.1f} an hour [{self.low:+,.1f}, {self.high:+,.1f}]"


def growth(samples: Sequence[tuple[float, float]]) -> Growth:
    """Of samples (seconds, value) in order: the median of the slopes between all pairs of pieces.

    The interval comes from drawing each piece's samples again. ValueError where there are too few.
    """
    if len(samples) * (1 - WARMING) < FEWEST * PIECES:
        raise ValueError(f"{len(samples)} samples are too few to tell whether something grows")
    begun, ended = samples[0][0], samples[-1][0]
    kept = [one for one in samples if one[0] >= begun + WARMING * (ended - begun)]
    size = max(len(kept) // PIECES, 1)
    pieces = [kept[place : place + size] for place in range(0, len(kept), size)]
    chance = random.Random(1)
    drawn = sorted(_slope(chance.choices(piece, k=len(piece)) for piece in pieces) for _ in range(RESAMPLES))
    return Growth(
        middle=statistics.median(value for _, value in kept),
        hours=(kept[-1][0] - kept[0][0]) / 3600,
        hourly=_slope(pieces),
        low=drawn[int(0.025 * RESAMPLES)],
        high=drawn[int(0.975 * RESAMPLES)],
    )


def _slope(pieces) -> float:
    """Per hour, between the middles of all pairs of pieces that are apart."""
    middles = [tuple(statistics.median(part) for part in zip(*piece, strict=True)) for piece in pieces]
    slopes = [
        (late[1] - early[1]) / (late[0] - early[0]) * 3600
        for early, late in itertools.combinations(middles, 2)
        if late[0] > early[0]
    ]
    return statistics.median(slopes) if slopes else 0.0
