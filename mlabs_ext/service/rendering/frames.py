"""How the service and its workers talk: the length of a frame in eight bytes, then the frame."""

from __future__ import annotations

import struct
from typing import BinaryIO

LENGTH = struct.Struct(">Q")
# A worker's first frame.
READY = b"ready"


def read_frame(stream: BinaryIO) -> bytes | None:
    """The next frame, None at the end."""
    header = stream.read(LENGTH.size)
    if len(header) < LENGTH.size:
        return None
    return stream.read(LENGTH.unpack(header)[0])


def write_frame(stream: BinaryIO, data: bytes) -> None:
    """Send one frame."""
    stream.write(LENGTH.pack(len(data)))
    stream.write(data)
    stream.flush()
