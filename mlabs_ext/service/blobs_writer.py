"""A blob on its way in: hashed as it comes, and kept whole or not at all."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from mlabs_ext.errors import Full, Unavailable
from mlabs_ext.service.folders import make_folder

# What a disk or its machine lacks for now, and no fault of who sends.
BROKEN = (errno.EIO, errno.EROFS, errno.ESTALE, errno.EMFILE, errno.ENFILE)


class Writer:
    """Takes a blob in pieces; of what was not committed nothing stays when its `with` ends."""

    def __init__(self, unfinished: Path, keep: Callable[[str, BinaryIO], None]):
        self.size = 0
        self._unfinished, self._keep = unfinished, keep
        self._hash = hashlib.sha256()
        self._stack = ExitStack()

    def __enter__(self) -> Writer:
        with space_needed():
            self._file = self._stack.enter_context(unfinished_file(self._unfinished))
            # Whose sender pauses for hours must not be taken for one that was killed.
            fcntl.flock(self._file, fcntl.LOCK_EX)
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def write(self, chunk: bytes | memoryview) -> int:
        """Take the next bytes; Full where they do not fit."""
        with space_needed():
            self._file.write(chunk)
        self._hash.update(chunk)
        self.size += len(chunk)
        return len(chunk)

    @contextmanager
    def reading(self) -> Iterator[BinaryIO]:
        """What came so far, from its start: to look at it before it is kept."""
        with space_needed():
            self._file.flush()
        with Path(self._file.name).open("rb") as file:
            yield file

    @property
    def digest(self) -> str:
        """Of what came so far."""
        return f"sha256:{self._hash.hexdigest()}"

    def commit(self) -> str:
        """Keep what came, and return its digest once it is safe; nothing can be written after this."""
        digest = self.digest
        with space_needed():
            self._file.flush()
            self._keep(digest, self._file)
        self._file.close()
        return digest


@contextmanager
def unfinished_file(folder: Path) -> Iterator[BinaryIO]:
    """A new file to write into; at the end it is gone, unless it got another name."""
    make_folder(folder)
    path = folder / secrets.token_hex(16)
    file = open(path, "xb", opener=_private)  # noqa: SIM115 - closed below; only this one takes an opener
    try:
        yield file
    finally:
        path.unlink(missing_ok=True)
        # Closing writes what is left of a file that nobody wants any more: a full disk matters no longer.
        with suppress(OSError):
            file.close()


def is_held(file: Path) -> bool:
    """Whether a writer that lives, in whichever process, has this unfinished file."""
    with file.open("rb") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


@contextmanager
def space_needed() -> Iterator[None]:
    """Say in our own words that the disk is full."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Full("There is no space left; nothing was stored.") from error
        if error.errno in BROKEN:
            raise Unavailable(f"Files cannot be stored just now: {error.strerror}. Try again.") from error
        raise
