"""The picture: it says what it shows, and shows where things are."""

from __future__ import annotations

from xml.etree import ElementTree

from _picture import across, picture
from _rows import Goal
from bench.planted import of

NAME = "{http://www.w3.org/2000/svg}"


def drawn(*figures):
    return ElementTree.fromstring(picture(figures, "on a machine"))


def test_it_tells_its_content_to_who_does_not_see_it():
    svg = drawn(of(3, 2, 4, work="a < b", goal=Goal(2)), of(1, 1, 1, work="other", goal=Goal(2)))
    assert svg.get("role") == "img"
    named = {part.get("id"): part.text for part in svg if part.get("id")}
    assert [named[each] for each in svg.get("aria-labelledby").split()] == [
        "What must be fast: 1 of 2 goals are met",
        "Left of the line is better than the goal, right is worse. a < b: 3, goal ≤ 2×; other: 1, goal ≤ 2×.",
    ]


def test_what_is_met_is_left_of_the_goal_and_what_is_missed_right_of_it():
    svg = drawn(of(1, 1, 1, goal=Goal(2)), of(3, 2, 4, goal=Goal(2)), of(9, 9, 9))
    (met,), (missed,) = svg.findall(f"{NAME}circle"), svg.findall(f"{NAME}path")
    assert float(met.get("cx")) < across(1) < float(missed.get("d").split()[0][1:])


def test_more_is_left_where_more_is_better():
    svg = drawn(of(3, 3, 3, goal=Goal(2), better="higher"))
    assert float(svg.find(f"{NAME}circle").get("cx")) < across(1)


def test_what_is_off_the_scale_is_at_its_edge():
    assert across(1e-6) == across(1 / 32)
    assert across(1e6) == across(4)
