"""Reads a file in pieces; of what is in memory already without a thread, as that costs more than reading."""

from __future__ import annotations

import os
from types import TracebackType
from typing import BinaryIO


class Pieces:
    """The bytes of `file` from `start` until before `stop`, at most `size` at a time.

    A piece is good until the next one is asked for: all share one buffer. Leaving `with` closes the file.
    """

    def __init__(self, file: BinaryIO, start: int, stop: int, size: int):
        self._file, self._at, self._stop = file, start, stop
        self._buffer = memoryview(bytearray(min(size, stop - start)))

    def __enter__(self) -> Pieces:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._file.close()

    @property
    def left(self) -> int:
        """How many bytes are to come."""
        return self._stop - self._at

    def at_once(self) -> memoryview | None:
        """The next piece, if it can be had without waiting for a disk or a store; None where it cannot."""
        try:
            got = os.preadv(self._file.fileno(), [self._buffer[: self.left]], self._at, os.RWF_NOWAIT)
        except OSError:
            # It is not in memory, or no local file, or on a file system that cannot tell.
            return None
        return self._taken(got) if got else None

    def wait(self) -> memoryview:
        """The next piece; empty where the file ends early."""
        self._file.seek(self._at)
        # The type of binary files leaves out what all of them can.
        return self._taken(self._file.readinto(self._buffer[: self.left]))  # type: ignore[attr-defined]

    def _taken(self, got: int) -> memoryview:
        self._at += got
        return self._buffer[:got]
