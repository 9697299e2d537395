"""The files of one run."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import pytest

from mlabs_ext.lab import journal
from mlabs_ext.lab.journal import Journal, Meta
from mlabs_ext.wire import RunCreate

META = Meta(
    RunCreate("01K" + "0" * 23, "ada/mnist", datetime(2026, 1, 1, tzinfo=UTC), "python"), "mnist/mnist.ipynb"
)


def lines(first: int, count: int, size: int = 1) -> list[bytes]:
    return [b'{"seq":%d,"x":"%s"}' % (n, b"x" * size) for n in range(first, first + count)]


@pytest.fixture
def made(tmp_path) -> Journal:
    made = Journal(tmp_path / "run")
    made.create(META)
    yield made
    made.close()


def again(made: Journal) -> Journal:
    made.close()
    found = Journal(made.directory)
    assert found.load() == META
    return found


def test_written_is_read_back_in_batches(made):
    everything = lines(1, 2500)
    made.append(1, everything[:1500])
    made.append(1501, everything[1500:])
    for found in (made, again(made)):
        batches = []
        while batch := found.read(sum(map(len, batches))):
            batches.append(batch)
        assert [len(batch) for batch in batches] == [1000, 1000, 500]
        assert [line for batch in batches for line in batch] == everything
        assert found.read(1200) == everything[1200:2000]
        assert found.next == 2501


def test_batches_are_limited_in_bytes_but_for_one_event(made):
    made.append(1, lines(1, 3, 400_000) + lines(4, 1, 3_000_000) + lines(5, 1))
    assert [segment.lines for segment in made.segments] == [2, 1, 1, 1]


def test_what_is_acknowledged_is_deleted(made):
    made.append(1, lines(1, 2500))
    made.forget(1999)
    assert [segment.first for segment in made.segments] == [1001, 2001]
    made.forget(2500)
    assert [segment.first for segment in made.segments] == [2001]
    assert again(made).next == 2501
    made.remove()
    assert not made.directory.exists()


@pytest.mark.parametrize(
    ("torn", "kept"),
    [
        (b'{"seq":4,', 3),
        (b'{"seq":4}', 3),
        (b"\0" * 100 + b"\n", 3),
        (b'{"seq":4}\n{"se\n{"seq":6}\n', 4),
        (b"\n", 3),
    ],
    ids=["half a line", "no end of line", "zeros", "a hole", "an empty line"],
)
def test_torn_end_is_ignored_and_written_over(made, torn, kept):
    made.append(1, lines(1, 3))
    path = made.segments[0].path
    made.close()
    with path.open("ab") as file:
        file.write(torn)
    found = again(made)
    assert found.next == kept + 1
    found.append(kept + 1, [b'{"end":1}'])
    assert again(found).read(kept) == [b'{"end":1}']


def test_nothing_was_written(tmp_path):
    (tmp_path / "run").mkdir()
    assert Journal(tmp_path / "run").load() is None
    (tmp_path / "run" / "run.json").write_bytes(b'{"run"')
    assert Journal(tmp_path / "run").load() is None


def test_a_full_disk_loses_nothing(made, monkeypatch):
    made.append(1, lines(1, 10))
    real, room = os.pwrite, 100

    def full(descriptor, data, offset):
        nonlocal room
        if room <= 0:
            raise OSError(28, "No space left on device")
        written = real(descriptor, data[:room], offset)
        room -= written
        return written

    monkeypatch.setattr(journal.os, "pwrite", full)
    with pytest.raises(OSError, match="No space left"):
        made.append(11, lines(11, 20))
    assert made.next == 11
    monkeypatch.undo()
    made.append(11, lines(11, 2))
    assert again(made).read(0) == lines(1, 12)
