"""Which two things are compared, and who may; an earlier version comes back as a new one."""

from __future__ import annotations

import asyncio
import json

import pytest
from service.conftest import cells
from service.run_bench import append, create, end, execute
from service.test_run_metrics import SHARED, metric

from mlabs_ext import wire
from mlabs_ext.errors import Forbidden, NotFound, Stale, TooLarge, Unusable
from mlabs_ext.service.comparisons import Comparisons, facts
from mlabs_ext.service.differ import Differ


@pytest.fixture
def comparisons(rules):
    return Comparisons(**{name: getattr(rules, name) for name in SHARED})


@pytest.fixture
def versions(rules):
    """ada/x with three versions: each has one more cell."""
    rules.publish(name="x")
    for sources in (("# Hello", "1 + 1", "2"), ("# Hello", "1 + 1", "2", "3")):
        notebook = json.dumps(cells(*sources)).encode()
        rules.versions.add(rules.ada, "ada", "x", wire.VersionCreate(), notebook)
    return rules.versions


@pytest.mark.parametrize(
    ("a", "b", "numbers"),
    [("1", "2", (1, 2)), ("2", "latest", (2, 3)), ("previous", "latest", (2, 3)), ("3", "1", (3, 1))],
)
def test_versions(rules, comparisons, versions, a, b, numbers):
    sides = comparisons.sides(rules.nobody, "ada", "x", a, b)
    assert tuple(side.shown.version.number for side in sides) == numbers
    assert [len(json.loads(side.notebook)["cells"]) for side in sides] == [n + 1 for n in numbers]


@pytest.mark.parametrize(
    ("a", "b", "error"),
    [("9", "1", NotFound), ("previous", "1", NotFound), ("x", "1", Unusable), ("0", "1", NotFound),
     ("1", "previous", Unusable), ("1", "01JCQ3W3T9V0Q8X5H7ZK2M0009", NotFound)],
)  # fmt: skip
def test_what_is_not_there(rules, comparisons, versions, a, b, error):
    with pytest.raises(error):
        comparisons.sides(rules.nobody, "ada", "x", a, b)


def test_runs(rules, comparisons, versions):
    first = rules.runs.register(rules.ada, create(parameters={"lr": 1}))
    second = rules.runs.register(rules.ada, create(environment="jax", parameters={"lr": 2, "n": 1}))
    for run, number in ((first, 1), (second, 2)):
        packages = ("packages", {"packages": {"numpy": str(number), "pip": "1"}})
        append(rules, run, execute(code=f"{number}"), packages, metric({"a": number}), end("succeeded"))
    a, b = comparisons.sides(rules.nobody, "ada", "x", first.id, second.id)
    assert facts(a, b) == {
        "metrics": {"a": (1, 2)},
        "parameters": {"lr": (1, 2), "n": (None, 1)},
        "environment": {"environment": ("python", "jax")},
        "packages": {"numpy": ("1", "2")},
    }
    found = asyncio.run(Differ().difference(a.notebook, b.notebook, code_only=True))
    assert [(cell.change, cell.lines[0].old, cell.lines[0].new) for cell in found.cells] == [
        ("changed", "1", "2")
    ]
    version, _ = comparisons.sides(rules.nobody, "ada", "x", "latest", second.id)
    assert version.run.id in (first.id, second.id), "a version's metrics are those of its newest run"


def test_others_do_not_see_runs_of_a_draft(rules, comparisons):
    rules.labs.create(rules.ada, wire.LabCreate(name="x"), None)
    runs = [rules.runs.register(rules.ada, create()) for _ in range(2)]
    notebook = json.dumps(cells("1")).encode()
    rules.versions.add(rules.ada, "ada", "x", wire.VersionCreate(), notebook)
    assert comparisons.sides(rules.ada, "ada", "x", runs[0].id, "1")
    for a, b in ((runs[0].id, "1"), ("1", runs[1].id), ("previous", runs[1].id)):
        with pytest.raises(NotFound):
            comparisons.sides(rules.bob, "ada", "x", a, b)


def test_too_large():
    with pytest.raises(TooLarge):
        asyncio.run(Differ(max_size=10).difference(b"{}" * 10, b"{}", code_only=False))


@pytest.mark.parametrize("notebook", [b"{}", b"[1]", b'{"cells": 3}'], ids=str)
def test_what_cannot_be_compared(notebook):
    with pytest.raises(Unusable, match="too complex"):
        asyncio.run(Differ().difference(notebook, notebook + b" ", code_only=False))


def test_what_takes_too_long():
    many = [json.dumps(cells(*(f"{n % 2} + {k}\n" * 30 for k in range(3000)))).encode() for n in range(2)]
    with pytest.raises(Unusable, match="too complex"):
        asyncio.run(Differ(timeout=0.3).difference(*many, code_only=False))


def test_a_version_comes_back(rules, versions):
    old = versions.get(rules.ada, "ada", "x", 1)
    back, created = versions.restore(rules.ada, "ada", "x", 1)
    assert (back.number, created, back.message) == (4, True, "Restored version 1")
    assert (back.notebook_sha256, back.cells, back.size) == (old.notebook_sha256, old.cells, old.size)
    again, created = versions.restore(rules.ada, "ada", "x", 1)
    assert (again.number, created) == (4, False)
    assert rules.labs.get(rules.nobody, "ada", "x").version == 4


def test_it_runs_where_it_ran(rules, versions):
    rules.labs.change(rules.ada, "ada", "x", wire.LabChange(environment="jax"))
    back, _ = versions.restore(rules.ada, "ada", "x", 1, "Back")
    assert (back.environment, back.message) == ("python", "Back")
    assert rules.labs.get(rules.ada, "ada", "x").environment == "python"


def test_who_may_restore(rules, versions):
    for viewer, error in ((rules.bob, NotFound), (rules.nobody, Forbidden)):
        with pytest.raises(error):
            versions.restore(viewer, "ada", "x", 1)
    with pytest.raises(NotFound):
        versions.restore(rules.ada, "ada", "x", 9)
    with pytest.raises(Stale):
        versions.restore(rules.ada, "ada", "x", 1, if_match='"old"')
