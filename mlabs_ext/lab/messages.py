"""Reads what a kernel says on IOPub, however odd, into values that are strict JSON."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct

from mlabs_ext.lab.metric_values import is_metric

DELIMITER = b"<IDS|MSG>"
OUTPUTS = frozenset({"stream", "display_data", "execute_result", "error"})
RECORDED = OUTPUTS | {"status", "execute_input", "update_display_data", "clear_output", "comm_msg"}
ID_MAX = 255
# What is this deep cannot travel: readers on the way put a limit of a thousand, and wrap it themselves.
DEEP = 500
UNREADABLE = "[MLabs: an output that is not valid JSON was left out]"


class Header(Struct):
    """What is read of a message's header."""

    msg_id: str = ""
    msg_type: str = ""
    date: str | None = None


class Message(Struct):
    """One step of one execution, as the kernel told it. `parent` is the request's message id."""

    type: str
    parent: str
    time: datetime
    content: dict[str, Any]


_header = msgspec.json.Decoder(Header)


def read(frames: list[bytes], received: datetime) -> Message | None:
    """The message in `frames`, or None where it is no step of an execution.

    `received` stands in where the kernel gives no usable time.
    """
    parts = frames[frames.index(DELIMITER) + 2 :]
    header, parent = head(parts[0]), head(parts[1])
    if header.msg_type not in RECORDED or parent.msg_type != "execute_request":
        return None
    if header.msg_type == "comm_msg" and not is_metric(parts[3]):
        return None
    return Message(header.msg_type, plain_id(parent.msg_id), moment(header.date, received), content(parts[3]))


def is_idle_after(frames: list[bytes], request: str) -> bool:
    """Whether the message says that the kernel is done with a request; no more is read than that takes."""
    parts = frames[frames.index(DELIMITER) + 2 :]
    if b'"status"' not in parts[0] or b'"idle"' not in parts[3]:
        return False
    return plain_id(head(parts[1]).msg_id) == request


def head(frame: bytes) -> Header:
    """A header; an empty one where the frame is none."""
    try:
        return _header.decode(frame)
    except ValueError:
        return Header()


def moment(date: str | None, received: datetime) -> datetime:
    """The kernel's own time in UTC, or `received`."""
    if date is None:
        return received
    try:
        parsed = datetime.fromisoformat(date)
    except ValueError:
        return received
    # A year that no clock shows is none that the service takes.
    return parsed.astimezone(UTC) if parsed.tzinfo and 1971 < parsed.year < 8999 else received


def content(frame: bytes) -> dict[str, Any]:
    """The content as strict JSON values; an output that says so where it cannot be read."""
    try:
        value = msgspec.json.decode(frame)
        if frame.count(b"[") + frame.count(b"{") > DEEP:
            msgspec.json.decode(b"[" * DEEP + frame + b"]" * DEEP)
    except RecursionError:
        return unreadable()
    except ValueError:
        value = loose(frame)
    return value if isinstance(value, dict) else unreadable()


def loose(frame: bytes) -> Any:
    """Read what is nearly JSON: NaN, lone surrogates, broken UTF-8."""
    try:
        return strict(json.loads(frame.decode("utf-8", "replace")))
    except (ValueError, RecursionError):
        return unreadable()


def unreadable() -> dict[str, Any]:
    """Content that serves as that of any kind of output."""
    return {"name": "stderr", "text": UNREADABLE, "data": {"text/plain": UNREADABLE}, "metadata": {}}


def strict(value: Any) -> Any:
    """A copy that strict JSON can hold: numbers that are none become null, lone surrogates U+FFFD."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, dict):
        return {text(key): strict(item) for key, item in value.items()}
    if isinstance(value, list):
        return [strict(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def text(value: str) -> str:
    """Pairs of surrogates joined, lone ones replaced."""
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def output(message: Message) -> dict[str, Any]:
    """The output as nbformat 4 holds it."""
    content = message.content
    if message.type == "stream":
        return {
            "output_type": "stream",
            "name": _stream(content.get("name")),
            "text": _text(content.get("text")),
        }
    if message.type == "error":
        return {
            "output_type": "error",
            "ename": _text(content.get("ename")),
            "evalue": _text(content.get("evalue")),
            "traceback": [_text(line) for line in _list(content.get("traceback"))],
        }
    shown: dict[str, Any] = {
        "output_type": message.type,
        "data": _dict(content.get("data")),
        "metadata": _dict(content.get("metadata")),
    }
    if message.type == "execute_result":
        shown["execution_count"] = count(content)
    return shown


def display_id(content: dict[str, Any]) -> str | None:
    """What later updates of this output call it."""
    named = _dict(content.get("transient")).get("display_id")
    return plain_id(named) if isinstance(named, str) and named else None


def plain_id(value: str) -> str:
    """An id as it may be stored."""
    return text(value)[:ID_MAX].replace("\0", "")


def count(content: dict[str, Any]) -> int | None:
    """The number in brackets beside the cell; None for what counts nothing."""
    number = content.get("execution_count")
    counts = isinstance(number, int) and not isinstance(number, bool) and 0 <= number < 2**53
    return number if counts else None


def _stream(name: Any) -> str:
    return "stderr" if name == "stderr" else "stdout"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
