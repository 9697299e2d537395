"""Ratios and how sure they are."""

from __future__ import annotations

import pytest
from _ratios import interval, p95, spread

PEER = [10.0, 12.0, 11.0, 9.0, 10.5, 11.5, 10.0, 9.5]


@pytest.mark.parametrize(
    ("statistic", "times", "expected"),
    [("median", 2.0, 2.0), ("p95", 0.5, 0.5), ("each", 3.0, 3.0)],
)
def test_a_ratio_that_all_rounds_share_is_certain(statistic, times, expected):
    ours = [times * value for value in PEER]
    assert interval(ours, PEER, statistic) == pytest.approx((expected, expected, expected))


def test_the_interval_holds_the_ratio_and_is_the_same_each_time():
    ours = [9.0, 13.0, 12.5, 8.0, 11.0, 10.0, 9.0, 12.0]
    ratio, low, high = interval(ours, PEER, "median")
    assert low < ratio < high
    assert interval(ours, PEER, "median") == (ratio, low, high)


def test_each_takes_the_median_of_ratios_and_not_the_ratio_of_medians():
    # One piece of work is large: it must not stand for all.
    assert interval([1.0, 1.0, 90.0], [10.0, 2.0, 100.0], "each")[0] == 0.5


def test_both_must_be_of_the_same_rounds():
    with pytest.raises(ValueError, match="zip"):
        interval([1.0], [1.0, 2.0], "median")


def test_one_value_is_its_own_percentile():
    assert p95([3.0]) == 3.0
    assert spread([3.0], "p95") == (3.0, 3.0, 3.0)
