"""What is kept of messages that nobody has confirmed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from mlabs_ext.lab.backlog import Backlog

Filled = Callable[..., Backlog]


@pytest.fixture
def filled() -> Iterator[Filled]:
    """Makes a backlog with so many messages of 10 bytes."""
    made: list[Backlog] = []

    def fill(count: int, memory: int = 100, disk: int = 10_000) -> Backlog:
        made.append(Backlog(memory, disk))
        for number in range(1, count + 1):
            made[-1].append(said(number))
        return made[-1]

    yield fill
    for each in made:
        each.close()


def said(number: int) -> bytes:
    return f"{number:010d}".encode()


@pytest.mark.parametrize("count", [1, 10, 11, 57], ids=["one", "memory", "just spilled", "both"])
def test_every_message_is_there_in_order(filled, count):
    backlog = filled(count)
    assert [backlog.get(number) for number in range(1, count + 1)] == [said(n) for n in range(1, count + 1)]
    assert backlog.last == count
    for number in (0, count + 1):
        with pytest.raises(IndexError):
            backlog.get(number)


def test_what_is_confirmed_is_forgotten(filled):
    backlog = filled(57)
    assert backlog.confirm(30) == 300
    assert [backlog.get(number) for number in (31, 57)] == [said(31), said(57)]
    with pytest.raises(IndexError):
        backlog.get(30)
    assert backlog.confirm(20) == 0, "a confirmation that comes late"
    assert backlog.confirm(1000) == 270, "and one of what was never said"
    assert (backlog.last, backlog.confirmed) == (57, 57)
    backlog.append(said(58))
    assert backlog.get(58) == said(58)


def test_it_is_full_until_all_of_the_file_is_confirmed(filled):
    backlog = filled(40, disk=400)
    assert backlog.full
    backlog.confirm(10)
    assert backlog.full, "the file is as long as it was"
    backlog.confirm(40)
    assert not backlog.full


def test_a_disk_that_takes_nothing_leaves_it_in_memory(filled, monkeypatch):
    def refuse(*_):
        raise OSError("no space")

    monkeypatch.setattr(os, "pwrite", refuse)
    backlog = filled(30)
    assert [backlog.get(number) for number in range(1, 31)] == [said(n) for n in range(1, 31)]
