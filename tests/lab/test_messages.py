"""What kernels say, read into strict JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import msgspec
import pytest

from mlabs_ext.lab import messages

RECEIVED = datetime(2026, 1, 2, tzinfo=UTC)
NOTE = {"text/plain": messages.UNREADABLE}


def frames(kind: str, content: bytes, parent: str = "execute_request", **header) -> list[bytes]:
    head = {"msg_id": "m", "msg_type": kind, "date": "2026-01-01T12:00:00+01:00", **header}
    parts = [head, {"msg_id": "p", "msg_type": parent}, {}]
    return [
        b"topic",
        messages.DELIMITER,
        b"signature",
        *(json.dumps(part).encode() for part in parts),
        content,
    ]


@pytest.mark.parametrize(
    ("date", "moment"),
    [
        ("2026-01-01T12:00:00+01:00", datetime(2026, 1, 1, 11, tzinfo=UTC)),
        ("2026-01-01T12:00:00.5Z", datetime(2026, 1, 1, 12, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-01-01T12:00:00", RECEIVED),
        ("yesterday", RECEIVED),
        ("0001-01-01T00:00:00+14:00", RECEIVED),
        ("9999-12-31T23:59:59-14:00", RECEIVED),
        (None, RECEIVED),
    ],
)
def test_time(date, moment):
    assert messages.read(frames("status", b"{}", date=date), RECEIVED).time == moment


@pytest.mark.parametrize(
    ("kind", "parent"),
    [("comm_msg", "execute_request"), ("stream", "comm_msg"), ("status", "kernel_info_request"), ("x", "")],
)
def test_not_a_step_of_an_execution(kind, parent):
    assert messages.read(frames(kind, b"{}", parent), RECEIVED) is None


@pytest.mark.parametrize(
    ("content", "data"),
    [
        (b'{"data": {"a": NaN, "b": [Infinity, -Infinity, 1e400]}}', {"a": None, "b": [None, None, None]}),
        (b'{"data": {"a": "\\ud83d\\ude00 \\ud800"}}', {"a": "\U0001f600 \ufffd"}),
        (b'{"data": {"\\udfff": "NaN"}, "x": NaN}', {"\ufffd": "NaN"}),
        (b'{"data": {"a": "\xff"}}', {"a": "\ufffd"}),
        (b'{"data": 1}', {}),
        (b'{"data": {"a": ' + b"[" * 900 + b"]" * 900 + b"}}", NOTE),
        (b"[" * 100_000, NOTE),
        (b"[]", NOTE),
        (b"", NOTE),
        (b'{"data": {"a": ' + b"9" * 10_000 + b"}, nan}", NOTE),
    ],
    ids=[
        "NaN",
        "surrogates",
        "keys",
        "bytes",
        "not an object",
        "too deep",
        "bottomless",
        "list",
        "empty",
        "digits",
    ],
)
def test_content(content, data):
    shown = messages.output(messages.read(frames("display_data", content), RECEIVED))
    assert shown["data"] == data
    assert msgspec.json.decode(msgspec.json.encode(shown)) == shown


@pytest.mark.parametrize(
    ("kind", "content", "shown"),
    [
        ("stream", {"name": "stdout", "text": 5}, {"output_type": "stream", "name": "stdout", "text": "5"}),
        ("stream", {"name": 1}, {"output_type": "stream", "name": "stdout", "text": ""}),
        (
            "error",
            {"ename": None, "traceback": [1]},
            {"output_type": "error", "ename": "", "evalue": "", "traceback": ["1"]},
        ),
        (
            "execute_result",
            {"execution_count": True, "data": []},
            {"output_type": "execute_result", "data": {}, "metadata": {}, "execution_count": None},
        ),
    ],
    ids=["number as text", "odd stream", "odd error", "odd result"],
)
def test_odd_outputs_take_their_shape(kind, content, shown):
    read = messages.read(frames(kind, json.dumps(content).encode()), RECEIVED)
    assert messages.output(read) == shown


@pytest.mark.parametrize(
    ("given", "id"),
    [("a" * 300, "a" * 255), ("a\0b", "ab"), ("\ud800", "\ufffd")],
    ids=["long", "NUL", "surrogate"],
)
def test_ids_can_be_stored(given, id):
    assert messages.plain_id(given) == id


@pytest.mark.parametrize(
    ("number", "count"), [(0, 0), (7, 7), (-1, None), (2**53, None), (True, None), ("1", None), (None, None)]
)
def test_what_counts_an_execution(number, count):
    assert messages.count({"execution_count": number}) == count
