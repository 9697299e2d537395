"""What counts as "Run all"."""

from __future__ import annotations

import pytest

from mlabs_ext.lab.run_all import Cell, Mark, Request, RunAll, burst, marked


def requests(*cells: str, ids: bool = True) -> list[Request]:
    return [Request(f"r-{cell}", cell if ids else None, f"code {cell}", True, 0.0) for cell in cells]


def saved(*cells: str) -> list[Cell]:
    """Upper case is empty."""
    return [Cell(cell, "" if cell.isupper() else f"code {cell}") for cell in cells]


@pytest.mark.parametrize(
    ("asked", "cells", "found"),
    [
        ("abc", "abc", True),
        ("abc", "aEbFcG", True),
        ("abxc", "abc", True),
        ("ab", "abc", False),
        ("bac", "abc", False),
        ("a", "a", False),
        ("a", "aE", False),
        ("", "", False),
        ("abc", "", False),
    ],
)
@pytest.mark.parametrize("ids", [True, False], ids=["ids", "text"])
def test_burst(asked, cells, found, ids):
    assert (burst(requests(*asked, ids=ids), saved(*cells)) is not None) == found


def test_burst_of_cells_that_are_edited_since_they_were_saved():
    edited = [Request("r", "a", "new", True, 0.0), Request("s", "b", "newer", True, 0.0)]
    assert burst(edited, saved("a", "b")) is not None


@pytest.mark.parametrize(
    ("mark", "first", "asked", "cells", "found"),
    [
        ("abc", "a", "abc", "abc", True),
        ("abc", "a", "a", "abc", False),
        ("EabF", "a", "ab", "EabF", True),
        ("EaF", "a", "a", "EaF", True),
        ("abc", "b", "bc", "abc", False),
        ("abc", "x", "x", "abc", False),
        ("abc", "a", "aabc", "abc", False),
        ("abc", "a", "ababc", "abc", False),
        ("abc", "a", "abca", "abc", True),
        ("abc", "a", "abcab", "abc", True),
        ("EaF", "a", "aa", "EaF", False),
    ],
    ids=[
        "all",
        "one by itself",
        "empty around",
        "one that is all",
        "from the second",
        "not in it",
        "one by itself before",
        "two by themselves before",
        "one by itself after",
        "two by themselves after",
        "one that is all, and before",
    ],
)
def test_marked(mark, first, asked, cells, found):
    [request] = requests(first)
    assert (marked(Mark(list(mark), 0.0), request, requests(*asked), saved(*cells)) is not None) == found


def test_cells_are_taken_in_order():
    run_all = RunAll(["a", "b", "c"])
    assert run_all.takes("b")
    assert not run_all.takes("a")
    assert not run_all.over
    assert run_all.takes("c")
    assert run_all.over
