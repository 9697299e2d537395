"""Blobs are whole or not there, also after a kill."""

from __future__ import annotations

import errno
import os
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mlabs_ext.errors import Full, NotFound
from mlabs_ext.notebook import sha256
from mlabs_ext.service.blobs import Blobs


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(directory=str(tmp_path / "blobs"))


def test_what_is_put_can_be_got(blobs):
    digest = blobs.put(b"abc")
    assert digest == sha256(b"abc")
    assert blobs.get(digest) == b"abc"
    assert blobs.exists(digest)
    assert blobs.path(digest).read_bytes() == b"abc"
    assert blobs.put(b"abc") == digest
    assert blobs.put(b"") != digest


@pytest.mark.parametrize(
    "digest",
    [
        "",
        "abc",
        "sha256:",
        "sha256:../../etc/passwd",
        *(f"sha256:{d}" for d in ("A" * 64, "0" * 64, "0" * 65)),
    ],
)
def test_digests_that_name_nothing(blobs, digest):
    with pytest.raises(NotFound):
        blobs.get(digest)


def test_the_same_from_many_at_once(blobs):
    with ThreadPoolExecutor(16) as pool:
        digests = set(pool.map(lambda n: blobs.put(b"x" * 100_000 + bytes([n % 4])), range(64)))
    assert len(digests) == 4
    assert list(blobs.unfinished.iterdir()) == []
    assert all(sha256(blobs.get(digest)) == digest for digest in digests)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT], ids=errno.errorcode.get)
def test_a_full_disk_is_said_and_leaves_nothing(blobs, monkeypatch, number):
    kept = blobs.put(b"old")

    def full(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Full):
        blobs.put(b"new")
    assert not blobs.exists(sha256(b"new"))
    assert list(blobs.unfinished.iterdir()) == []
    assert blobs.get(kept) == b"old"


def test_bytes_are_on_disk_before_the_name_is_and_the_name_before_the_answer(blobs, monkeypatch):
    blobs.put(b"makes the folders")
    steps = []
    sync, rename = os.fsync, Path.replace

    def fsync(descriptor: int) -> None:
        steps.append("sync " + ("folder" if Path(f"/proc/self/fd/{descriptor}").is_dir() else "file"))
        sync(descriptor)

    def replace(path: Path, target: Path) -> Path:
        steps.append("rename")
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", replace)
    blobs.put(b"new")
    assert steps[-3:] == ["sync file", "rename", "sync folder"]


def test_leftovers_of_killed_writers_are_removed_after_an_hour(blobs):
    blobs.put(b"x")
    for name, age in (("old", 3700), ("young", 3500)):
        file = blobs.unfinished / name
        file.write_bytes(b"torn")
        os.utime(file, (time.time() - age,) * 2)
    blobs.sweep(datetime.now(UTC))
    assert [file.name for file in blobs.unfinished.iterdir()] == ["young"]
