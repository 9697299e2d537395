"""Files in pieces, whether the machine has them in memory, has to fetch them, or has no file at all."""

from __future__ import annotations

import errno
import io
import os

import pytest

from mlabs_ext.service.pieces import Pieces

CONTENT = os.urandom(1_000_000)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    return path


def tells(file):
    """Whether the file system says what is in memory; some do not."""
    with file.open("rb") as opened:
        try:
            return os.preadv(opened.fileno(), [bytearray(1)], 0, os.RWF_NOWAIT) == 1
        except OSError as error:
            assert error.errno == errno.EOPNOTSUPP
            return False


def read(pieces):
    """All of it, and how often it had to be waited for."""
    taken, waited = [], 0
    while pieces.left:
        piece = pieces.at_once()
        if piece is None:
            waited += 1
            piece = pieces.wait()
        taken.append(bytes(piece))
    return taken, waited


@pytest.mark.parametrize(("start", "stop"), [(0, 1_000_000), (1, 999_999), (5, 6), (7, 7), (65_536, 131_072)])
def test_a_file_in_memory_is_not_waited_for(file, start, stop):
    with Pieces(file.open("rb"), start, stop, 65_536) as pieces:
        taken, waited = read(pieces)
    assert b"".join(taken) == CONTENT[start:stop]
    assert all(len(piece) <= 65_536 for piece in taken)
    assert waited == 0 or not tells(file)


def test_what_is_on_the_disk_alone_comes_all_the_same(file):
    with file.open("rb") as opened:
        os.fsync(opened.fileno())
        os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    with Pieces(file.open("rb"), 3, 900_000, 65_536) as pieces:
        taken, _ = read(pieces)
    assert b"".join(taken) == CONTENT[3:900_000]


def test_what_is_no_local_file_is_waited_for():
    with Pieces(io.BufferedReader(io.BytesIO(CONTENT)), 10, 500_000, 65_536) as pieces:
        taken, waited = read(pieces)
    assert b"".join(taken) == CONTENT[10:500_000]
    assert waited == len(taken)


def test_a_file_that_is_shorter_than_was_said_ends(file):
    with Pieces(file.open("rb"), 999_990, 1_000_010, 65_536) as pieces:
        assert bytes(pieces.at_once()) == CONTENT[-10:]
        assert pieces.at_once() is None
        assert bytes(pieces.wait()) == b""


def test_it_is_closed(file):
    opened = file.open("rb")
    with pytest.raises(KeyError), Pieces(opened, 0, 10, 5) as pieces:
        pieces.at_once()
        raise KeyError
    assert opened.closed
