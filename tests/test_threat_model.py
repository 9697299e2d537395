"""The threat model names a test for every requirement, and each of these tests exists and is run."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "threat-model.md"
TEST = re.compile(r"`([\w/]+\.py)::(test_\w+)`")
# How many requirements there are at least; a line that is dropped is missed.
SECTIONS = {
    "Isolation": 12,
    "Rendering": 12,
    "Parsing": 6,
    "Access": 15,
    "Uploads": 7,
    "Spawning": 9,
    "Live": 6,
    "Faults": 14,
    "Supply chain": 5,
}
# A line may have these as well, but none of them alone: they do not run in every check.
NOT_ALWAYS = ("slow", "gpu")


def rows() -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Section, requirement and tests of every line."""
    found = []
    for part in PAGE.read_text().split("\n## ")[1:]:
        section, _, text = part.partition("\n")
        lines = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| ")]
        if section in SECTIONS:
            found += [(section, cells[0].strip(), TEST.findall(cells[1])) for cells in lines[2:]]
    return found


@cache
def marks(file: str) -> dict[str, set[str]]:
    """The tests of a file, each with the names of its marks."""
    tree = ast.parse((TESTS / file).read_text())
    shared = {
        name.attr
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark"
        for name in ast.walk(node.value)
        if isinstance(name, ast.Attribute)
    }
    return {
        node.name: shared
        | {
            part.attr
            for one in node.decorator_list
            for part in ast.walk(one)
            if isinstance(part, ast.Attribute)
        }
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def test_no_requirement_is_missing():
    counted = dict.fromkeys(SECTIONS, 0)
    for section, _, _ in rows():
        counted[section] += 1
    assert counted == SECTIONS


@pytest.mark.parametrize(("section", "requirement", "tests"), rows(), ids=lambda value: str(value)[:60])
def test_every_requirement_has_a_test_that_exists_and_runs_in_every_check(section, requirement, tests):
    assert tests, requirement
    missing = [
        f"{file}::{name}" for file, name in tests if not (TESTS / file).exists() or name not in marks(file)
    ]
    assert not missing
    assert any(not marks(file)[name] & set(NOT_ALWAYS) for file, name in tests), requirement


def test_every_word_that_looks_like_a_test_is_one():
    said = re.findall(r"test_\w+", PAGE.read_text())
    named = [word for file, name in TEST.findall(PAGE.read_text()) for word in (Path(file).stem, name)]
    assert sorted(said) == sorted([*named, "test_threat_model"])
