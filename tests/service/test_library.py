"""The datasets that come with MLabs: whole, described, licensed, and there once."""

from __future__ import annotations

import csv
import math
from collections import Counter

import pytest

from mlabs_ext.service import library
from mlabs_ext.service.datasets import Datasets
from mlabs_ext.service.library import Library
from mlabs_ext.service.table_preview import table_of


@pytest.fixture
def stocked(rules):
    shared = {name: getattr(rules, name) for name in ("store", "blobs", "catalogue", "addresses", "plans")}
    made = Library(**shared)
    assert made.stock() == len(library.folders())
    return Datasets(**shared), made


def rows(name):
    with (library.FOLDER / name / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("name", "target", "counts"),
    [
        ("iris", "species", {"setosa": 50, "versicolor": 50, "virginica": 50}),
        ("penguins", "species", {"Adelie": 152, "Chinstrap": 68, "Gentoo": 124}),
        ("two-moons", "moon", {"upper": 200, "lower": 200}),
        ("reviews", "opinion", {"good": 604, "bad": 596}),
        ("wine", "cultivar", {"A": 59, "B": 71, "C": 48}),
        (
            "digits",
            "digit",
            dict(zip("0123456789", (178, 182, 177, 183, 181, 182, 181, 179, 174, 180), strict=True)),
        ),
    ],
)
def test_each_is_whole_and_reads_well(name, target, counts):
    assert Counter(row[target] for row in rows(name)) == counts
    problems = []
    table = table_of(library.FOLDER / name / f"{name}.csv", f"{name}.csv", problems)
    # Some pixels at the edge of digits are never set.
    assert {problem.code for problem in problems} <= {"constant"}
    assert (table.encoding, table.separator, table.rows) == ("utf-8", ",", sum(counts.values()))


def test_moons_are_crescents():
    for row in rows("two-moons"):
        x, y = float(row["x"]), float(row["y"])
        off = math.hypot(x, y) if row["moon"] == "upper" else math.hypot(x - 1, y - 0.5)
        assert abs(off - 1) < 0.7


def test_they_are_public_and_there_once(rules, stocked):
    data, made = stocked
    found, _ = data.find(rules.nobody, owner="library")
    assert {item.name for item in found} >= {"iris", "penguins", "two-moons", "digits"}
    assert all(item.license and item.description and item.source and item.version == 1 for item in found)
    assert (made.stock(), data.get(rules.nobody, "library", "iris").version) == (0, 1)
    assert data.file(rules.nobody, "library", "iris", 1, "iris.csv").asset.size == 3858
    data.delete(rules.admin, "library", "iris")
    assert made.stock() == 0
    assert {item.name for item in data.find(rules.nobody)[0]} == {item.name for item in found} - {"iris"}
    made.enabled = False
    assert made.stock() == 0
