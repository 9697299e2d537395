"""Messages that a front end has not confirmed: the newest in memory, the older ones on disk."""

from __future__ import annotations

import os
import tempfile
from collections import deque
from typing import IO

from msgspec import Struct


class Spilled(Struct):
    """Where in the file a message is."""

    at: int
    size: int


class Backlog:
    """Numbered from 1, without gaps. What does not fit in `memory` bytes is written to a file without a name.

    It is `full` from `disk` bytes on; whoever adds to it decides what may still come in.
    """

    def __init__(self, memory: int, disk: int):
        self.confirmed = 0
        self._memory, self._disk = memory, disk
        self._newest: deque[bytes] = deque()
        self._newest_size = 0
        self._older: deque[Spilled] = deque()
        self._file: IO[bytes] | None = None
        self._end = 0

    @property
    def last(self) -> int:
        """The number of the newest message."""
        return self.confirmed + len(self._older) + len(self._newest)

    @property
    def full(self) -> bool:
        """Whether there is more than is to be kept: the file shrinks only once all of it is confirmed."""
        return self._end + self._newest_size >= self._disk

    def append(self, message: bytes) -> None:
        """Add the next one."""
        self._newest.append(message)
        self._newest_size += len(message)
        if self._newest_size > self._memory:
            self._spill()

    def get(self, number: int) -> bytes:
        """A message that is not confirmed. IndexError where there is none of this number."""
        index = number - self.confirmed - 1
        if index < 0:
            raise IndexError(number)
        if index < len(self._older):
            where = self._older[index]
            assert self._file is not None
            return os.pread(self._file.fileno(), where.size, where.at)
        return self._newest[index - len(self._older)]

    def confirm(self, number: int) -> int:
        """Forget all up to `number`; the bytes that these were."""
        freed = 0
        while self.confirmed < min(number, self.last):
            freed += self._forget_one()
        if not self._older and self._end:
            self._empty_file()
        return freed

    def close(self) -> None:
        """Forget everything."""
        self.confirm(self.last)
        if self._file is not None:
            self._file.close()
            self._file = None

    def _forget_one(self) -> int:
        if self._older:
            size = self._older.popleft().size
        else:
            size = len(self._newest.popleft())
            self._newest_size -= size
        self.confirmed += 1
        return size

    def _spill(self) -> None:
        """Move all that is in memory to the end of the file; on a full disk it stays where it is."""
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(prefix="mlabs-backlog-")  # noqa: SIM115 - close() does
            written, data = 0, memoryview(b"".join(self._newest))
            while written < len(data):
                written += os.pwrite(self._file.fileno(), data[written:], self._end + written)
        except OSError:
            return
        for message in self._newest:
            self._older.append(Spilled(self._end, len(message)))
            self._end += len(message)
        self._newest.clear()
        self._newest_size = 0

    def _empty_file(self) -> None:
        assert self._file is not None
        self._file.truncate(0)
        self._end = 0
