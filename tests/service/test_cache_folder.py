"""What can be made again goes where it takes too much room: what was used longest ago first."""

from __future__ import annotations

import os

import pytest

from mlabs_ext.service import cache_folder
from mlabs_ext.service.cache_folder import CacheFolder, used


@pytest.fixture
def folder(tmp_path):
    """Three documents of two files, each of which is older than the one before."""
    for age, name in enumerate(("new", "old", "oldest")):
        for kind in ("parts", "html.gz"):
            file = tmp_path / name[:2] / f"{name}.v1.{kind}"
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(b"x" * 100)
            os.utime(file, (10_000 - age, 10_000 - age))
    return tmp_path


def names(folder) -> set[str]:
    return {file.name.split(".")[0] for file in folder.rglob("*.*")}


def test_it_is_left_alone_while_there_is_room(folder):
    assert CacheFolder(folder, 600).sweep() == 0
    assert CacheFolder(folder / "absent", 1).sweep() == 0
    assert names(folder) == {"new", "old", "oldest"}


def test_what_was_used_longest_ago_goes_whole(folder):
    assert CacheFolder(folder, 500).sweep() == 2
    assert names(folder) == {"new", "old"}


def test_what_is_of_use_stays(folder):
    used(folder / "ol" / "oldest.v1.html.gz")
    used(folder / "ol" / "absent")
    CacheFolder(folder, 300).sweep()
    assert names(folder) == {"oldest"}


def test_it_is_looked_through_once_in_a_while(folder, monkeypatch):
    cache = CacheFolder(folder, 600)
    cache.sweep()
    cache.most = 0
    assert cache.sweep() == 0
    monkeypatch.setattr(cache_folder, "EVERY", 0.0)
    assert CacheFolder(folder, 0).sweep() == 6
