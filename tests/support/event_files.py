"""Writes TensorBoard's event files as TensorBoard's own writers do, byte by byte."""

from __future__ import annotations

import struct
from pathlib import Path


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


def piece(number: int, data: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(data)) + data


def record(message: bytes) -> bytes:
    """With checksums of zeros, which no reader of ours looks at."""
    return struct.pack("<Q", len(message)) + bytes(4) + message + bytes(4)


def event(time: float, step: int, summary: bytes) -> bytes:
    head = varint(1 << 3 | 1) + struct.pack("<d", time) + varint(2 << 3) + varint(step)
    return record(head + piece(5, summary))


def simple(tag: str, value: float) -> bytes:
    """A summary as PyTorch writes it."""
    return piece(1, piece(1, tag.encode()) + varint(2 << 3 | 5) + struct.pack("<f", value))


def tensor(tag: str, value: float, form: str = "f", field: int = 4) -> bytes:
    """A summary as TensorFlow 2 writes it."""
    kind = varint(1 << 3) + varint({"f": 1, "d": 2}[form])
    return piece(1, piece(1, tag.encode()) + piece(8, kind + piece(field, struct.pack(f"<{form}", value))))


def version(time: float) -> bytes:
    """The first record of every file: no summary, but a version."""
    return record(varint(1 << 3 | 1) + struct.pack("<d", time) + piece(3, b"brain.Event:2"))


def write(path: Path, *records: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(records))
    return path
