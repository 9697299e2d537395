"""What one front end and one kernel say to each other, over websockets that fail."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator

import pytest
from support.waiting import eventually
from tornado.websocket import WebSocketClosedError

from mlabs_ext.lab.backlog import Backlog
from mlabs_ext.lab.line import MANY, Asked, Line, Lines, asked_for


class Socket:
    """A websocket of the server's; `dead` ones refuse."""

    def __init__(self):
        self.texts: list[dict] = []
        self.binary: list[bytes] = []
        self.dead = False

    def write_message(self, message, binary: bool) -> None:
        if self.dead:
            raise WebSocketClosedError
        self.binary.append(message) if binary else self.texts.append(json.loads(message))


class Holder:
    line: Line | None = None
    alive = True
    gone = False

    def let_go(self) -> None:
        self.gone = True

    def left_out(self, message: bytes) -> bytes | None:
        return None if message.startswith(b"idle") else b"left out"


@pytest.fixture
def begin() -> Iterator[Callable[..., tuple[Line, Socket]]]:
    """Makes a line with a websocket."""
    made: list[Line] = []

    def make(memory: int = 1000, disk: int = 100_000) -> tuple[Line, Socket]:
        line, socket = Line("kernel:session", Holder(), Backlog(memory, disk)), Socket()
        line.attach(socket, 0, resumed=False)
        made.append(line)
        return line, socket

    yield make
    for each in made:
        each.backlog.close()


def sign(kind: str, received: int) -> str:
    return json.dumps({"mlabs": kind, "received": received})


def test_a_front_end_that_comes_back_gets_what_it_missed_once_and_in_order(begin):
    line, first = begin()
    for number in range(5):
        line.say(b"%d" % number)
    assert first.texts == [
        {"mlabs": "hello", "line": line.name, "resumed": False, "got": 0, "from": 1, "missed": 0}
    ]
    line.got = 2
    line.detach()
    for number in range(5, 8):
        line.say(b"%d" % number)
    second = Socket()
    line.attach(second, 3, resumed=True)
    assert second.texts[0] == {
        "mlabs": "hello", "line": line.name, "resumed": True, "got": 2, "from": 4, "missed": 5,
    }  # fmt: skip
    assert second.binary == [b"3", b"4", b"5", b"6", b"7"]
    assert first.binary == [b"0", b"1", b"2", b"3", b"4"]


def test_signs_of_life_are_answered_and_confirm(begin):
    line, socket = begin()
    line.say(b"0")
    line.got = 1
    line.told(sign("ping", 1))
    assert socket.texts[-1] == {"mlabs": "pong", "got": 1}
    assert line.backlog.confirmed == 1
    line.say(b"1")
    line.told(sign("ack", 2))
    assert len(socket.texts) == 2, "a confirmation is not answered"
    assert line.backlog.confirmed == 2
    for odd in ("", "[]", "3", '{"mlabs": 3}', '{"mlabs": "ping", "received": "x"}'):
        line.told(odd)
    line.told(sign("ack", 99))
    assert line.backlog.confirmed == 2, "what was never sent cannot have been received"


def test_who_confirms_nothing_is_sent_no_more(begin):
    line, socket = begin()
    for number in range(MANY + 10):
        line.say(b"%d" % number)
    assert len(socket.binary) == MANY
    line.told(sign("ack", 5))
    assert len(socket.binary) == MANY + 5
    line.told(sign("ack", MANY))
    assert socket.binary == [b"%d" % number for number in range(MANY + 10)]


def test_a_websocket_that_breaks_while_it_is_written_to(begin):
    line, socket = begin()
    socket.dead = True
    line.say(b"0")
    line.say(b"1")
    again = Socket()
    line.attach(again, 0, resumed=True)
    assert again.binary == [b"0", b"1"]


def test_what_does_not_fit_is_left_out_with_one_note_but_cells_end(begin):
    line, _ = begin(memory=10, disk=30)
    line.detach()
    for number in range(20):
        line.say(b"output %d" % number)
    line.say(b"idle")
    again = Socket()
    line.attach(again, 0, resumed=True)
    assert again.binary[-2:] == [b"left out", b"idle"]
    assert again.binary.count(b"left out") == 1


async def test_who_comes_back_in_time_keeps_the_line():
    lines = Lines(keep=0.01)
    line, other = lines.begin("k:s", Holder()), Holder()
    lines.hold(line, closed=False)
    line.take_over(other)
    line.say(b"0")
    await asyncio.sleep(0.05)
    assert lines.open["k:s"] is line and not other.gone
    socket = Socket()
    line.attach(socket, 0, resumed=True)
    assert socket.binary == [b"0"]
    lines.close()


async def test_lines_are_found_by_name_and_end_in_time():
    lines = Lines(keep=0.01)
    line = lines.begin("k:s", Holder())
    line.say(b"0")
    assert lines.find("k:s", Asked(line.name, 1)) is line
    for asked in (Asked("", 0), Asked("other", 0), Asked(line.name, 2)):
        assert lines.find("k:s", asked) is None
    line.backlog.confirm(1)
    assert lines.find("k:s", Asked(line.name, 0)) is None, "it is not all there"
    other, dead = lines.begin("k:t", Holder()), lines.begin("l:s", Holder())
    dead.holder.alive = False
    anew = lines.begin("k:s", Holder())
    assert line.holder.gone and dead.holder.gone and not other.holder.gone
    assert set(lines.open.values()) == {other, anew}
    lines.hold(other, closed=False)
    await eventually(lambda: other.holder.gone)
    lines.close()
    assert anew.holder.gone and not lines.open


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ({}, None),
        ({"mlabs_line": ""}, Asked("")),
        ({"mlabs_line": "x", "mlabs_received": "7", "mlabs_again": "1"}, Asked("x", 7, True)),
        ({"mlabs_line": "x", "mlabs_received": "-7"}, None),
    ],
    ids=["plain", "new", "again", "nonsense"],
)
def test_what_an_address_asks_for(query, asked):
    assert asked_for(lambda name, default: query.get(name, default)) == asked
