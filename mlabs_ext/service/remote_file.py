"""Reads what lies elsewhere as if it were a file, piece by piece."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class RemoteFile(io.RawIOBase):
    """An object's bytes as a file; `fetch(start, stop)` brings them."""

    def __init__(self, size: int, fetch: Callable[[int, int], bytes]):
        self._size, self._fetch, self._at = size, fetch, 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def tell(self) -> int:
        """Where the next read begins."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to another place."""
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if origin + offset < 0:
            raise ValueError("There is nothing before the beginning of a file.")
        self._at = origin + offset
        return self._at

    def readall(self) -> bytes:
        """All that is left, at once: the inherited way would ask for it in thousands of small pieces."""
        start, self._at = self._at, max(self._at, self._size)
        return self._fetch(start, self._size) if start < self._size else b""

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill the buffer as far as there is something."""
        view = memoryview(buffer)
        stop = min(self._at + len(view), self._size)
        if stop <= self._at:
            return 0
        data = self._fetch(self._at, stop)
        view[: len(data)] = data
        self._at = stop
        return len(data)
