"""What is kept of a run."""

from __future__ import annotations

import msgspec
from _record import Missing, keep, recorded
from _rows import Goal
from bench.planted import of, run


def test_a_record_is_read_as_it_was_kept(tmp_path):
    path = tmp_path / "benchmarks.json"
    assert recorded(path) == {}
    measured = run(of(1, 0.9, 1.1, goal=Goal(2), why="because"))
    record = {"live": msgspec.structs.replace(measured, missing=[Missing("x", "no disk")])}
    keep(record, path)
    assert recorded(path) == record
