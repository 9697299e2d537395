"""A look at all changes nothing, and goes on where one check breaks."""

from __future__ import annotations

import os
from pathlib import Path

from mlabs_ext.doctor.here import Here


def everything(path: Path) -> dict[str, tuple[float, int, int]]:
    """What lies below a path: a change of anything changes this."""
    kept = {}
    for folder, _, files in os.walk(path):
        for name in [".", *files]:
            state = Path(folder, name).lstat()
            kept[f"{folder}/{name}"] = state.st_mtime, state.st_size, state.st_mode
    return kept


def test_what_is_well_is_left_as_it_is(data, examine):
    before = everything(data.path)
    assert examine() == {}
    assert everything(data.path) == before


def test_a_directory_that_is_not_there_is_not_made(data, environ):
    from mlabs_ext.doctor.command import look
    from mlabs_ext.up.data import DataDir

    absent = DataDir(data / "absent")
    found = [one.check.id for one in look(Here(absent, environ)) if one.found]
    assert found == ["directory"]
    assert not absent.path.exists()


def test_a_check_that_breaks_is_told_and_the_others_go_on(examine, monkeypatch, data):
    (data / "secrets" / "password").write_bytes(b"\xff\xfe")
    found = examine()
    assert set(found) == {"password"}
    assert "could not be looked at" in found["password"].found[0].words
