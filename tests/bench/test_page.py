"""The table, as text and as the page."""

from __future__ import annotations

import msgspec
import pytest
from _page import cells, number, page, result, text
from _record import Missing
from _rows import Goal
from bench.planted import of, run

SLOW = of(3, 2, 4, work="slow", goal=Goal(2), why="It waits for the disk.", peer_is="the plain one")
QUICK = of(0.5, 0.4, 0.6, work="quick", goal=Goal(2), why="never shown")


@pytest.mark.parametrize(
    ("figure", "said"),
    [
        (QUICK, "met"),
        (SLOW, "missed: 1.5 times the goal"),
        (of(3, 2, 4, goal=Goal(4), better="higher"), "missed: 75% of the goal"),
        (of(3, 2, 4), ""),
    ],
)
def test_a_goal_is_met_or_missed_by_so_much(figure, said):
    assert result(figure) == said


@pytest.mark.parametrize(
    ("value", "said"), [(0.06649, "0.0665"), (12, "12"), (999.4, "999"), (12345.6, "12,346")]
)
def test_numbers_are_as_long_as_they_say_something(value, said):
    assert number(value) == said


def test_rows_stand_below_one_another():
    lines = text([SLOW, QUICK, Missing("gone", "there is no disk")]).splitlines()
    assert len(lines) == 4
    assert len({line.index("×") for line in lines[1:3]}) == 1
    assert lines[3].endswith("not measured: there is no disk")


def test_what_has_no_peer_has_no_ratio():
    assert cells(of(3, 2, 4, peer=None, goal=Goal(5, "ours")))[2:6] == ("", "", "2 – 4", "≤ 5 ms")


def test_the_page_has_both_tables_and_the_reasons_of_what_is_missed():
    beside = of(1, 1, 1, work="beside", own=True)
    told = page({"live": run(SLOW, QUICK), "pool": run(beside)})
    design, missed, own, notes, places = (part.partition("\n")[2] for part in told.split("\n## ")[1:])
    assert "slow" in design and "beside" not in design
    assert "**slow**, ≤ 2×; it is 3. It waits for the disk." in missed and "quick" not in missed
    assert "beside" in own
    assert "the plain one" in notes
    assert "`live`" in places and "`pool`" in places


def test_a_missed_goal_without_a_reason_says_so():
    assert "No reason is known yet." in page({"live": run(msgspec.structs.replace(SLOW, why=""))})
