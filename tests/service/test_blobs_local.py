"""What a folder has acknowledged survives a power cut, and a full disk leaves nothing behind."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from support.blobs import write

from mlabs_ext.errors import Full
from mlabs_ext.notebook import sha256
from mlabs_ext.service.blobs import Blobs

WAYS: dict[str, Callable[[Blobs, bytes], str]] = {"put": Blobs.put, "writer": write}


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(directory=str(tmp_path / "blobs"))


@pytest.fixture(params=WAYS)
def keep(request: pytest.FixtureRequest) -> Callable[[Blobs, bytes], str]:
    """Each way in."""
    return WAYS[request.param]


def test_a_blob_is_a_file_of_its_owners_alone(blobs, keep):
    path = blobs.local_path(keep(blobs, b"abc"))
    assert path == Path(blobs.directory, sha256(b"abc")[7:9], sha256(b"abc")[9:])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT], ids=errno.errorcode.get)
def test_a_full_disk_is_said_and_leaves_nothing(blobs, keep, monkeypatch, number):
    kept = blobs.put(b"old")

    def full(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Full):
        keep(blobs, b"new")
    assert not blobs.exists(sha256(b"new"))
    assert list(blobs.unfinished.iterdir()) == []
    assert blobs.get(kept) == b"old"


def test_a_disk_that_is_full_halfway_is_said(blobs):
    """/dev/full takes nothing, as a full disk does."""
    blobs.unfinished.mkdir(parents=True)
    with blobs.writer() as writer:
        with Path("/dev/full").open("wb") as full:
            os.dup2(full.fileno(), writer._file.fileno())
        with pytest.raises(Full):
            writer.write(b"x" * 1_000_000)
    assert list(blobs.unfinished.iterdir()) == []


def test_bytes_are_on_disk_before_the_name_is_and_the_name_before_the_answer(blobs, keep, monkeypatch):
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
    keep(blobs, b"new")
    assert steps[-3:] == ["sync file", "rename", "sync folder"]
    steps.clear()
    keep(blobs, b"new")
    assert steps == ["sync folder"]
