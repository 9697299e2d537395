"""What a backup is written into: a file that is whole under its name, or not there; for its owner only."""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from mlabs_ext.errors import BadInput, Conflict
from mlabs_ext.service.folders import sync_folder

STDOUT = "-"


@contextmanager
def made(name: str) -> Iterator[tuple[BinaryIO, Path]]:
    """The file to write to, and a folder for what is needed meanwhile; `-` is standard output."""
    if name == STDOUT:
        if sys.stdout.isatty():
            raise BadInput(
                "A backup is no text for a terminal: send it to a file or a program.", "file_unusable"
            )
        with tempfile.TemporaryDirectory(prefix="mlabs-backup-") as folder:
            yield sys.stdout.buffer, Path(folder)
            sys.stdout.buffer.flush()
        return
    file = Path(name).absolute()
    if file.is_dir():
        raise BadInput(f"{file} is a folder: name the file to write.", "file_unusable")
    with beside(file) as folder:
        part = folder / "archive"
        with open(part, "xb", opener=private) as opened:
            yield opened, folder
            opened.flush()
            os.fsync(opened.fileno())
        part.replace(file)
        sync_folder(file.parent)


@contextmanager
def beside(file: Path) -> Iterator[Path]:
    """A folder beside a file, of one process only, gone at the end; what a killed one left goes first."""
    folder = file.with_name(f".{file.name}.part")
    if folder.is_symlink():
        raise BadInput(f"{folder} is a link: remove it.", "file_unusable")
    folder.mkdir(mode=0o700, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _claim(handle, file)
        try:
            for left in folder.iterdir():
                left.unlink()
            yield folder
        finally:
            # While it is held: the next one that may have it finds it gone, or makes it anew.
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(handle)


def _claim(folder: int, file: Path) -> None:
    busy = Conflict(f"Another backup is just being written to {file}.", "backup_busy")
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise busy from None
    # Who had it until just now has removed it: this is no folder any more that others would see.
    if os.fstat(folder).st_nlink == 0:
        raise busy


def private(path: str, flags: int) -> int:
    """Open a file that nobody else may read: a backup has all secrets."""
    return os.open(path, flags, 0o600)
