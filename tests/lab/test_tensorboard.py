"""Which steps are taken from files that are not read at once."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from types import SimpleNamespace

import msgspec
import pytest
from support.event_files import event, piece, simple, write

from mlabs_ext.lab.metric_values import Point
from mlabs_ext.lab.tensorboard import PIECE, TensorBoard
from mlabs_ext.service.run_events import Metric


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


def told(board) -> list[Metric]:
    """What the service makes of what is read now."""
    sent = []
    board.record = SimpleNamespace(add=lambda run, kind, time, cell, data: sent.append(data))
    points: list[Point] = board._look("r", PIECE)
    board._tell("r", points)
    return [msgspec.convert(msgspec.json.decode(msgspec.json.encode(data)), Metric) for data in sent]


def test_more_names_than_a_step_may_have_become_two(board, tmp_path):
    now = time.time()
    write(tmp_path / "runs/events.out.tfevents.1", *(event(now, 3, simple(f"m{n}", n)) for n in range(450)))
    [metric] = told(board)
    assert [(step, len(values)) for step, _, values in metric.points] == [(3, 200), (3, 200), (3, 50)]


def test_what_the_service_would_not_take_is_left_out(board, tmp_path):
    now = time.time()
    odd = [event(now, 1, simple("", 1.0)), event(float("inf"), 2, simple("a", 1.0))]
    large = [event(now, step, simple("b", 1.0)) for step in (2**53, -(2**53), 2**62)]
    write(tmp_path / "runs/events.out.tfevents.1", *odd, *large, event(now, 5, simple("c", 1.0)))
    [metric] = told(board)
    assert [(step, [*values]) for step, _, values in metric.points] == [
        (None, ["b"]), (None, ["b"]), (None, ["b"]), (5, ["c"])
    ]  # fmt: skip


def test_a_folder_whose_name_is_no_text(board, tmp_path):
    now = time.time()
    for folder, name in (("one", "loss"), ("two\udcff", "two\ufffd/loss")):
        write(tmp_path / "runs" / folder / "events.out.tfevents.1", event(now, 1, simple("loss", 1.0)))
        assert [[*metric.values] for metric in told(board)] == [[name]]


def test_large_steps_are_told_in_parts(board, tmp_path):
    now = time.time()
    many = (event(now + step, step, simple(f"m{n}", n)) for step in range(60) for n in range(200))
    write(tmp_path / "runs/events.out.tfevents.1", *many)
    assert [len(metric.points) for metric in told(board)] == [50, 10]
