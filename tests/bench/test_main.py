"""The command: what a benchmark tells from its own process, and what is refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from _figures import Figure
from _names import NAMES
from _record import Missing

BENCH = Path(__file__).parents[2] / "bench"
PLANTED = """
import runpy, subprocess, sys
sys.path.insert(0, {bench!r})
import _names
from _rows import Absent, Row

def rows(effort):
    print("said by the benchmark")
    subprocess.run(["echo", "said by what it starts"], check=True)
    yield Row(work="first", ours=[effort.rounds(9, 2)], unit="ms")
    {end}

_names.rows_of = lambda name: rows
sys.argv = ["bench", "--child", "live", *sys.argv[1:]]
runpy.run_path({bench!r}, run_name="__main__")
"""


def child(end: str, *arguments: str) -> tuple[int, list, str]:
    """Its status, what it told, and what it said."""
    code = PLANTED.format(bench=str(BENCH), end=end)
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, check=False)
    told = [msgspec.json.decode(line, type=Figure | Missing) for line in done.stdout.splitlines()]
    return done.returncode, told, done.stderr.decode()


@pytest.mark.parametrize(
    ("arguments", "rounds"), [((), 9), (("--quick",), 2), (("--quick", "--rounds", "5"), 5)], ids=str
)
def test_rows_come_alone_whatever_else_is_said(arguments, rounds):
    status, told, said = child("", *arguments)
    assert (status, [(one.work, one.ours) for one in told]) == (0, [("first", rounds)])
    assert "said by the benchmark" in said and "said by what it starts" in said


def test_what_the_machine_lacks_is_told_in_place_of_the_other_rows():
    status, told, _ = child('raise Absent("there is no disk")')
    assert status == 0
    assert told[1:] == [Missing("live", "there is no disk")]


def test_a_benchmark_that_fails_says_so_and_what_it_had_is_kept():
    status, told, said = child("raise RuntimeError('planted')")
    assert status == 1
    assert [one.work for one in told] == ["first"]
    assert "planted" in said


def test_there_is_a_file_for_each_name_and_a_name_for_each_file():
    assert sorted(NAMES) == sorted(file.stem for file in BENCH.glob("[a-z]*.py"))


def test_an_unknown_name_is_refused_with_those_that_there_are():
    done = subprocess.run([sys.executable, BENCH, "speed"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "there is no speed; there are publish_render, pages" in done.stderr
