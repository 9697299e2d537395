"""The page says what was lost and how long recoveries took, also where a stage came to nothing."""

from __future__ import annotations

from collections import Counter

import pytest

from campaign import record
from campaign.campaign import Result
from campaign.checker import Finding
from campaign.recovery import Recovery
from campaign.report import ENOUGH, failed, page, quantile


def result(seconds: float, count: int = ENOUGH) -> Result:
    recoveries = [Recovery("hub", seconds / 2, seconds)] * count
    states = {"fork": Counter(acknowledged=1200, unknown=3)}
    return Result("SQLite", 7, 60.0, Counter(hub=count), recoveries, states)


def test_a_page_without_faults_of_the_product():
    text = page({"sqlite": result(2.0)}, {"postgresql": "it is not installed"})
    assert f"{ENOUGH} faults, 1,200 acknowledgements, 0 lost or wrong; p95 of all recoveries: 2.0 s." in text
    assert f"| SQLite | hub | {ENOUGH} | {ENOUGH} | 2.0 s | 2.0 s | 2.0 s |" in text
    assert "| SQLite | fork | 1,200 | 0 | 3 |" in text
    assert f"`--stages sqlite --kills {ENOUGH} --seed 7`" in text
    assert "- postgresql: it is not installed." in text
    assert failed([result(2.0)]) == []


def test_a_loss_is_told_and_fails():
    lost = result(2.0)
    lost.findings.append(Finding("lost", "a version of ada/x was acknowledged"))
    text = page({"sqlite": lost}, {})
    assert "1 lost or wrong" in text
    assert "| SQLite | **lost** | **1** |  |  |" in text
    assert "- SQLite: lost: a version of ada/x was acknowledged" in text
    assert failed([lost])


def test_a_stage_that_came_to_nothing_fails():
    ended = Result("SQLite", 7, findings=[Finding("undone", "it ended")])
    assert "1 lost or wrong; no recovery was measured" in page({"sqlite": ended}, {})
    assert failed([ended])


@pytest.mark.parametrize(("count", "fails"), [(ENOUGH, True), (ENOUGH - 1, False)], ids=["many", "few"])
def test_recoveries_that_take_too_long_fail(count, fails):
    assert bool(failed([result(31.0, count)])) is fails


@pytest.mark.parametrize(("share", "value"), [(0.5, 50), (0.95, 95), (1.0, 100)])
def test_quantiles(share, value):
    assert quantile([float(n) for n in range(1, 101)], share) == value


def test_what_is_kept_of_a_stage_is_read_as_it_was(tmp_path):
    kept = result(2.0)
    kept.findings.append(Finding("lost", "a version"))
    record.keep("sqlite", kept, tmp_path)
    assert record.kept("sqlite", tmp_path) == kept
    assert record.kept("disk", tmp_path) is None
