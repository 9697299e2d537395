"""Heat orders labs as a decaying sum of their activities would, at any later time."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime, timedelta

from mlabs_ext.service.heat import HALF_LIFE, cooler, warmer

START = datetime(2026, 1, 1, tzinfo=UTC)


def heat(activities: list[tuple[float, float]]) -> float:
    value = 0.0
    for seconds, weight in activities:
        value = warmer(value, START + timedelta(seconds=seconds), weight)
    return value


def decayed(activities: list[tuple[float, float]], at: float) -> float:
    return sum(weight * 2 ** (-(at - seconds) / HALF_LIFE) for seconds, weight in activities)


def test_the_order_is_that_of_the_decayed_sums():
    chance = random.Random(1)
    labs = [
        sorted((chance.uniform(0, 60 * 86400), chance.choice([1, 3])) for _ in range(chance.randint(1, 40)))
        for _ in range(30)
    ]
    for a, b in itertools.combinations(labs, 2):
        assert (heat(a) > heat(b)) == (decayed(a, 90 * 86400) > decayed(b, 90 * 86400))


def test_it_stays_finite_over_a_thousand_years():
    assert 0 < heat([(0, 1), (1000 * 365 * 86400, 1)]) < 1e6


def test_what_is_taken_back_was_never_there():
    then = START + timedelta(days=3)
    least = heat([(0, 1)])
    assert abs(cooler(heat([(0, 1), (3 * 86400, 1)]), then, 1, least) - least) < 1e-9
    late = START + timedelta(days=1000)
    assert cooler(warmer(least, late, 1), late, 1, least) == least
