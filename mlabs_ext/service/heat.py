"""Orders labs by recent activity with one number each, so that "trending" is an index and not a computation.

Each activity adds `weight * 2**(t / HALF_LIFE)` to a sum, so that older ones count half as much every
half-life. Only the order matters, and that does not change as time passes: the logarithm of the sum is kept.
"""

from __future__ import annotations

import math
from datetime import datetime

HALF_LIFE = 2 * 86400
PUBLISH, RUN, FORK = 1.0, 1.0, 3.0


def warmer(heat: float, now: datetime, weight: float) -> float:
    """The heat after an activity."""
    added = now.timestamp() / HALF_LIFE + math.log2(weight)
    high, low = max(heat, added), min(heat, added)
    return high + math.log2(1 + 2.0 ** (low - high))
