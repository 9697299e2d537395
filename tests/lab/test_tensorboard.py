"""Which steps are taken from files that are not read at once."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from support.event_files import event, piece, simple, write

from mlabs_ext.lab.tensorboard import PIECE, TensorBoard


@pytest.fixture
def board(tmp_path):
    create = SimpleNamespace(id="r", kind="interactive", started=datetime.now(UTC))
    kept = SimpleNamespace(path="mnist.ipynb", create=create)
    board = TensorBoard(root=str(tmp_path), outbox=SimpleNamespace(runs={"r": kept}))
    board.began("r", "k")
    return board


def large(now):
    """A record of an image that is longer than what is read at once."""
    return event(now, 1, piece(1, piece(1, b"image") + piece(4, bytes(PIECE + 1000))))


def looked(board):
    return [values["loss"] for _, _, values in board._look("r", PIECE)]


def test_a_large_record_is_stepped_over(board, tmp_path):
    now = time.time()
    path = tmp_path / "runs/events.out.tfevents.1"
    write(path, event(now, 1, simple("loss", 1.0)), large(now), event(now, 2, simple("loss", 0.5)))
    assert [loss for _ in range(3) for loss in looked(board)] == [1.0, 0.5]


def test_a_large_record_that_is_still_written_is_waited_for(board, tmp_path):
    now = time.time()
    path = tmp_path / "runs/events.out.tfevents.1"
    whole = large(now)
    write(path, whole[:-500])
    assert looked(board) == looked(board) == []
    with path.open("ab") as file:
        file.write(whole[-500:] + event(now, 2, simple("loss", 0.5)))
    assert [loss for _ in range(2) for loss in looked(board)] == [0.5]
