"""What counts as worse than recorded, with planted figures."""

from __future__ import annotations

import pytest
from _check import faults, lost, regressions, unknown
from _record import Measured
from _rows import Goal
from bench.planted import of, run


@pytest.mark.parametrize(
    ("was", "now", "worse"),
    [
        (of(1, 0.95, 1.05), of(1.5, 1.4, 1.6), True),
        # Within a fifth.
        (of(1, 0.95, 1.05), of(1.15, 1.1, 1.2), False),
        # The figure is beyond, its interval is not.
        (of(1, 0.95, 1.05), of(1.5, 1.1, 1.9), False),
        # What was recorded was as uncertain.
        (of(1, 0.6, 1.8), of(1.5, 1.4, 1.6), False),
        (of(1, 0.95, 1.05), of(0.5, 0.4, 0.6), False),
        (of(1, 0.95, 1.05, better="higher"), of(0.6, 0.5, 0.7, better="higher"), True),
        (of(1, 0.95, 1.05, better="higher"), of(0.9, 0.85, 0.95, better="higher"), False),
        (of(1, 0.95, 1.05, better="higher"), of(0.7, 0.5, 0.9, better="higher"), False),
        (of(1, 0.95, 1.05, better="higher"), of(2, 1.9, 2.1, better="higher"), False),
    ],
    ids=["worse", "within a fifth", "unsure now", "unsure then", "better", "fewer", "few fewer",
         "fewer, unsure", "more"],
)  # fmt: skip
def test_a_ratio_is_worse_where_its_whole_interval_is(was, now, worse):
    assert list(regressions(run(now), run(was))) == (["w"] if worse else [])


def test_what_is_worse_is_said():
    said = regressions(run(of(1.5, 1.4, 1.6)), run(of(1, 0.95, 1.05)))["w"]
    assert said == "1.5 of the peer's, was 1: 1.50 times worse"


def test_the_peer_of_the_same_run_judges_and_not_the_clock():
    slow_day = of(1, 0.95, 1.05, ours=900.0, peer=900.0)
    assert not regressions(run(slow_day), run(of(1, 0.95, 1.05, ours=1.0)))


@pytest.mark.parametrize(
    ("was", "now", "worse"),
    [
        ((5, 4, 6), (30, 25, 35), True),
        # It takes six times as long, and the goal is kept.
        ((2, 1, 3), (12, 11, 13), False),
        # It may well be met.
        ((5, 4, 6), (30, 15, 45), False),
        # It was missed before.
        ((25, 24, 26), (30, 25, 35), False),
    ],
    ids=["missed now", "slower", "unsure", "missed before"],
)
def test_without_a_peer_only_the_goal_counts(was, now, worse):
    alone = {"peer": None, "goal": Goal(20, "ours")}
    found = regressions(run(of(*now, **alone)), run(of(*was, **alone)))
    assert bool(found) is worse


def test_what_was_not_recorded_is_named_and_does_not_fail():
    assert regressions(run(of(9, 8, 10)), None) == {}
    assert regressions(run(of(9, 8, 10)), run(of(1, 1, 1, work="other"))) == {}
    assert unknown(run(of(9, 8, 10)), run(of(1, 1, 1, work="other"))) == ["w"]


def test_what_is_no_longer_measured_is_lost_unless_the_run_is_a_smaller_one():
    before = run(of(1, 1, 1), of(1, 1, 1, work="gone"))
    assert lost(run(of(1, 1, 1)), before) == ["gone"]
    assert lost(run(of(1, 1, 1), quick=True), before) == []
    assert lost(run(of(1, 1, 1)), None) == []


def test_a_fault_is_one_that_is_there_again_when_it_is_measured_again():
    before = {"live": run(of(1, 0.95, 1.05), of(1, 0.95, 1.05, work="v"))}
    now = {"live": run(of(1.5, 1.4, 1.6), of(1.5, 1.4, 1.6, work="v"))}
    repeated = []

    def again(name: str) -> Measured:
        repeated.append(name)
        return run(of(1, 0.95, 1.05), of(1.4, 1.3, 1.5, work="v"))

    assert faults(now, before, again) == ["v: 1.4 of the peer's, was 1: 1.40 times worse"]
    assert repeated == ["live"]


def test_nothing_is_measured_again_where_nothing_is_worse(capsys):
    before = {"live": run(of(1, 0.95, 1.05))}
    now = {"live": run(of(1.02, 1, 1.04), of(5, 4, 6, work="new"))}
    assert faults(now, before, lambda name: pytest.fail(name)) == []
    assert "not recorded: new" in capsys.readouterr().out


def test_what_is_lost_is_a_fault_where_it_was_asked_for():
    before = {"live": run(of(1, 0.95, 1.05))}
    assert faults({"live": run()}, before, lambda name: run()) == ["w: it was measured, and is no longer"]
    assert faults({"live": run()}, before, lambda name: run(), only="other") == []
