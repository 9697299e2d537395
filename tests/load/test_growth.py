"""What counts as growing without bound, with planted numbers."""

from __future__ import annotations

import math
import random

import pytest
from load.growth import growth

HOUR = 3600


def series(value, seconds=HOUR, step=20, noise=0.0):
    chance = random.Random(7)
    return [(t, value(t) + chance.gauss(0, noise)) for t in range(0, seconds, step)]


@pytest.mark.parametrize(
    ("samples", "grows"),
    [
        (series(lambda t: 200.0), False),
        (series(lambda t: 200, noise=10), False),
        # A leak of 60 in an hour, below noise.
        (series(lambda t: 200 + t / 60, noise=10), True),
        # A cache that fills, and is full after ten minutes.
        (series(lambda t: 100 + 100 * min(1, t / 600), noise=3), False),
        # Garbage that is collected every five minutes.
        (series(lambda t: 200 + t % 300 / 6, noise=2), False),
        # The same, with some of it left each time.
        (series(lambda t: 200 + t % 300 / 6 + 5 * (t // 300), noise=2), True),
        (series(lambda t: 300 - t / 60, noise=5), False),
        # What follows the load of a day.
        (series(lambda t: 200 + 20 * math.sin(t / 200), noise=2), False),
        # It grows, and by too little to matter.
        (series(lambda t: 200 + t / 1000), False),
    ],
    ids=["flat", "noisy", "leak", "cache", "sawtooth", "rising sawtooth", "falling", "waves", "little"],
)
def test_only_what_surely_grows_by_much_does(samples, grows):
    assert growth(samples).unbounded(share=0.1, least=8) is grows


def test_the_slope_is_told_by_the_hour_however_long_it_was_looked_at():
    found = growth(series(lambda t: 50 + t / 36, seconds=720, step=10, noise=1))
    assert found.hourly == pytest.approx(100, rel=0.1)
    assert found.low < found.hourly < found.high


def test_a_count_that_never_changes_has_no_slope():
    assert growth(series(lambda t: 12)).said() == "12, +0.0 an hour [+0.0, +0.0]"


def test_a_few_samples_tell_nothing():
    with pytest.raises(ValueError, match="12 samples are too few"):
        growth(series(lambda t: t, seconds=120, step=10))
