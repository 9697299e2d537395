"""The ratio that a benchmark prints, and how sure it is."""

from __future__ import annotations

import random
import statistics

RESAMPLES = 2000


def interval(ours: list[float], peer: list[float]) -> tuple[float, float, float]:
    """The ratio of medians, and its 95 % bootstrap interval over the rounds."""
    rounds = list(zip(ours, peer, strict=True))
    ratios = []
    for _ in range(RESAMPLES):
        sample = random.choices(rounds, k=len(rounds))
        ratios.append(statistics.median(o for o, _ in sample) / statistics.median(p for _, p in sample))
    ratios.sort()
    ratio = statistics.median(ours) / statistics.median(peer)
    return ratio, ratios[int(0.025 * RESAMPLES)], ratios[int(0.975 * RESAMPLES)]
