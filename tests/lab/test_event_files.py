"""Scalars in event files, as PyTorch and TensorFlow write them, and files that make no sense."""

from __future__ import annotations

import struct

import pytest
from support.event_files import event, piece, record, simple, tensor, version

from mlabs_ext.lab.event_files import Scalar, scalars

NOW = 1_790_000_000.5


@pytest.mark.parametrize(
    ("summary", "value"),
    [
        (simple("loss", 0.5), 0.5),
        (tensor("loss", 0.25), 0.25),
        (tensor("loss", 0.1, "d"), 0.1),
        (tensor("loss", 0.25, field=5), 0.25),
        (tensor("loss", 0.1, "d", field=6), 0.1),
    ],
    ids=["PyTorch", "TensorFlow", "a double", "a list of one float", "a list of one double"],
)
def test_a_scalar(summary, value):
    data = version(NOW) + event(NOW, 7, summary)
    assert scalars(data) == ([Scalar("loss", 7, NOW, value)], len(data))


def test_what_is_no_scalar_is_passed_over():
    picture = piece(1, piece(1, b"picture") + piece(4, b"\x89PNG"))
    vector = piece(1, piece(1, b"weights") + piece(8, b"\x08\x01" + piece(4, bytes(40))))
    data = event(NOW, 1, picture) + event(NOW, 1, vector) + event(NOW, -1, simple("a", 1.0))
    assert scalars(data) == ([Scalar("a", -1, NOW, 1.0)], len(data))


def test_a_file_that_grows():
    first, second = event(NOW, 1, simple("a", 1.0)), event(NOW, 2, simple("a", 2.0))
    for cut in range(len(second)):
        found, read = scalars(first + second[:cut])
        assert (len(found), read) == (1, len(first))


@pytest.mark.parametrize(
    "data",
    [
        b"\xff" * 64,
        struct.pack("<Q", 1 << 40) + bytes(64),
        record(b"\xff" * 20),
        record(b"\x0a\x7f"),
        record(piece(5, piece(1, piece(1, b"\xff\xfe")))),
    ],
    ids=["noise", "too long", "a number without end", "shorter than it says", "no UTF-8"],
)
def test_what_makes_no_sense(data):
    good = event(NOW, 1, simple("a", 1.0))
    found, read = scalars(good + data)
    assert (len(found), read) == (1, -1)
