"""What a row comes to."""

from __future__ import annotations

import pytest
from _figures import figure
from _rows import Goal, Row


def row(ours, peer=(), **given) -> Row:
    return Row(work="w", ours=list(ours), peer=list(peer), unit="ms", **given)


@pytest.mark.parametrize(
    ("goal", "better", "met"),
    [
        (Goal(0.5), "lower", True),
        (Goal(0.49), "lower", False),
        (Goal(0.5), "higher", True),
        (Goal(0.51), "higher", False),
        (Goal(2, "ours"), "lower", True),
        (Goal(1.9, "ours"), "lower", False),
        (Goal(2.1, "ours"), "higher", False),
    ],
    ids=str,
)
def test_a_goal_is_of_the_ratio_or_of_our_own_figure(goal, better, met):
    assert figure(row([2, 2, 2], [4, 4, 4], goal=goal, better=better)).met is met


@pytest.mark.parametrize(("better", "met"), [("lower", False), ("higher", False)])
def test_a_goal_of_the_interval_needs_all_of_it(better, met):
    found = figure(row([8, 10, 14], [10, 10, 10], goal=Goal(1, "interval"), better=better))
    assert found.ratio == 1 and found.low < 1 < found.high
    assert found.met is met


def test_without_a_peer_the_interval_is_of_our_own_figure():
    found = figure(row([1, 2, 3], goal=Goal(5, "ours")))
    assert (found.ours, found.peer, found.ratio) == (2, None, 2)
    assert found.low >= 1 and found.high <= 3


@pytest.mark.parametrize(
    ("ours", "better", "beyond"), [(30, "lower", 1.5), (10, "lower", 0.5), (10, "higher", 2), (0, "lower", 0)]
)
def test_how_far_from_the_goal_it_is(ours, better, beyond):
    assert figure(row([ours], goal=Goal(20, "ours"), better=better)).beyond == beyond


def test_what_has_no_goal_misses_none():
    assert figure(row([1], [2])).met
    assert figure(row([1], [2])).beyond is None
