"""Orders labs by recent activity with one number each, so that "trending" is an index and not a computation.

Each activity adds `weight * 2**(t / HALF_LIFE)` to a sum, so that older ones count half as much every
half-life. Only the order matters, and that does not change as time passes: the logarithm of the sum is kept.
"""

from __future__ import annotations

import math
from datetime import datetime

HALF_LIFE = 2 * 86400
PUBLISH, RUN, FORK, STAR = 1.0, 1.0, 3.0, 1.0


def warmer(heat: float, now: datetime, weight: float) -> float:
    """The heat after an activity."""
    added = now.timestamp() / HALF_LIFE + math.log2(weight)
    high, low = max(heat, added), min(heat, added)
    return high + math.log2(1 + 2.0 ** (low - high))


def cooler(heat: float, then: datetime, weight: float, least: float) -> float:
    """The heat without an activity that is taken back; `least` where rounding has left nothing else of it."""
    added = then.timestamp() / HALF_LIFE + math.log2(weight)
    left = 1 - 2.0 ** (added - heat)
    return max(least, heat + math.log2(left)) if left > 0 else least
