"""Reads the scalars in TensorBoard's event files, whoever writes them, without TensorFlow or TensorBoard.

An event file is a sequence of records: length (8 bytes), checksum (4), an `Event` message, checksum (4). Of
the message, in the wire format of Protocol Buffers, only scalars are looked at. The checksums are not: a
record that is not whole yet is short, and one that makes no sense ends the reading of its file.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

HEADER, FOOTER = 12, 4
# Images and graphs may be large; they are stepped over.
LONGEST = 64 << 20
FLOAT, DOUBLE = 1, 2
SCALARS = {FLOAT: ("<f", 4), DOUBLE: ("<d", 8)}


class Scalar(NamedTuple):
    """A number of one step; `time` in seconds since 1970."""

    tag: str
    step: int
    time: float
    value: float


class Torn(Exception):
    """Bytes that are no such message."""


def scalars(data: bytes) -> tuple[list[Scalar], int]:
    """The scalars in the whole records of `data`, and those records' bytes; -1 where they make no sense."""
    found: list[Scalar] = []
    at = 0
    while len(data) - at >= HEADER:
        (length,) = struct.unpack_from("<Q", data, at)
        if length > LONGEST:
            return found, -1
        end = at + HEADER + length + FOOTER
        if end > len(data):
            break
        try:
            found += of_event(data[at + HEADER : end - FOOTER])
        except (Torn, struct.error, UnicodeDecodeError):
            return found, -1
        at = end
    return found, at


def size_of_first(data: bytes) -> int:
    """The bytes that the first record of `data` takes once it is whole."""
    (length,) = struct.unpack_from("<Q", data)
    return HEADER + length + FOOTER


def of_event(message: bytes) -> list[Scalar]:
    """`Event`: wall_time = 1, step = 2, summary = 5."""
    time, step, summaries = 0.0, 0, []
    for field, value in fields(message):
        if field == 1 and isinstance(value, bytes):
            (time,) = struct.unpack("<d", value)
        elif field == 2 and isinstance(value, int):
            step = value - (1 << 64) if value >> 63 else value
        elif field == 5 and isinstance(value, bytes):
            summaries.append(value)
    values = (value for summary in summaries for field, value in fields(summary) if field == 1)
    read = (of_value(value) for value in values if isinstance(value, bytes))
    return [Scalar(tag, step, time, number) for tag, number in read if number is not None]


def of_value(message: bytes) -> tuple[str, float | None]:
    """`Summary.Value`: tag = 1, simple_value = 2, tensor = 8."""
    tag, number = "", None
    for field, value in fields(message):
        if field == 1 and isinstance(value, bytes):
            tag = value.decode()
        elif field == 2 and isinstance(value, bytes) and len(value) == 4:
            (number,) = struct.unpack("<f", value)
        elif field == 8 and isinstance(value, bytes):
            number = of_tensor(value)
    return tag, number


def of_tensor(message: bytes) -> float | None:
    """`TensorProto`: dtype = 1, tensor_content = 4, float_val = 5, double_val = 6; None if no scalar."""
    dtype, content = 0, b""
    for field, value in fields(message):
        if field == 1 and isinstance(value, int):
            dtype = value
        elif field in (4, 5, 6) and isinstance(value, bytes):
            content = value
    form, size = SCALARS.get(dtype, ("", -1))
    return struct.unpack(form, content)[0] if len(content) == size else None


def fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of any message: varints as numbers, everything else as its bytes."""
    at = 0
    while at < len(message):
        key, at = varint(message, at)
        kind = key & 7
        if kind == 0:
            value, at = varint(message, at)
            yield key >> 3, value
            continue
        if kind == 2:
            size, at = varint(message, at)
        else:
            size = {1: 8, 5: 4}.get(kind, -1)
        if size < 0 or at + size > len(message):
            raise Torn
        yield key >> 3, message[at : at + size]
        at += size


def varint(message: bytes, at: int) -> tuple[int, int]:
    """A number of up to ten bytes, and where it ends."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(message):
            raise Torn
        byte, at = message[at], at + 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
    raise Torn
