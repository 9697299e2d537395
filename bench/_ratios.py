"""The ratio of two sides of a benchmark, and how sure it is."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Sequence

RESAMPLES = 2000
Statistic = Callable[[Sequence[float]], float]


def p95(values: Sequence[float]) -> float:
    """The 95th percentile; of a single value, that value."""
    return statistics.quantiles(values, n=20)[-1] if len(values) > 1 else values[0]


STATISTICS: dict[str, Statistic] = {"median": statistics.median, "p95": p95}


def interval(ours: Sequence[float], peer: Sequence[float], statistic: str) -> tuple[float, float, float]:
    """The ratio of the two, and its 95 % bootstrap interval over the rounds that both were measured in.

    With "each" it is the median of the rounds' own ratios: for rounds that are different work.
    """
    rounds = list(zip(ours, peer, strict=True))
    if statistic == "each":
        ratios = [o / p for o, p in rounds]
        return (statistics.median(ratios), *_spread(ratios, statistics.median))
    of = STATISTICS[statistic]
    return (of(ours) / of(peer), *_spread(rounds, lambda some: _of_both(some, of)))


def spread(values: Sequence[float], statistic: str) -> tuple[float, float, float]:
    """The figure itself, and its 95 % bootstrap interval."""
    of = STATISTICS["median" if statistic == "each" else statistic]
    return (of(values), *_spread(values, of))


def _of_both(rounds: Sequence[tuple[float, float]], of: Statistic) -> float:
    ours, peer = zip(*rounds, strict=True)
    return of(ours) / of(peer)


def _spread(rounds: Sequence, of: Callable[[Sequence], float]) -> tuple[float, float]:
    # The same rounds always give the same interval.
    chance = random.Random(1)
    drawn = sorted(of(chance.choices(rounds, k=len(rounds))) for _ in range(RESAMPLES))
    return drawn[int(0.025 * RESAMPLES)], drawn[int(0.975 * RESAMPLES)]
