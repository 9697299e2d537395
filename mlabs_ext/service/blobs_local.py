"""Blobs as files of this machine, where what was acknowledged survives a power cut."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from mlabs_ext.errors import Full, Unavailable
from mlabs_ext.service.blobs_writer import space_needed, unfinished_file
from mlabs_ext.service.folders import make_folder, sync_folder

# With less room than this, in bytes, next to nothing can be kept.
LEAST = 4 * 1024 * 1024


class LocalPlace:
    """A `Place` that is a folder; `unfinished` is one in the same file system."""

    def __init__(self, directory: Path, unfinished: Path):
        self._directory, self._unfinished = directory, unfinished

    def size(self, key: str) -> int:
        """Its size in bytes."""
        return self._path(key).stat().st_size

    def get(self, key: str) -> bytes:
        """All of it."""
        return self._path(key).read_bytes()

    def open(self, key: str, buffer: int) -> BinaryIO:
        """The file itself, which needs no large buffer."""
        return self._path(key).open("rb")

    def local_path(self, key: str) -> Path:
        """The file itself."""
        path = self._path(key)
        path.stat()
        return path

    def put(self, key: str, data: bytes) -> None:
        """Write `data`, unless it is there."""
        with space_needed():
            if self._there(self._path(key)):
                return
            with unfinished_file(self._unfinished) as file:
                file.write(data)
                file.flush()
                self._name(file, self._path(key))

    def take(self, key: str, file: BinaryIO) -> None:
        """Give the file its name, unless the blob is there."""
        if not self._there(self._path(key)):
            self._name(file, self._path(key))

    def delete(self, key: str) -> None:
        """Remove the file, if it is there."""
        self._path(key).unlink(missing_ok=True)

    def list(self, folder: str) -> Iterator[tuple[str, datetime]]:
        """The files in a folder."""
        with suppress(FileNotFoundError), os.scandir(self._directory / folder) as entries:
            for entry in entries:
                yield f"{folder}/{entry.name}", _moment(entry.stat().st_mtime)

    def collect(self, key: str, before: datetime) -> bool:
        """Remove the file. It is taken away first: nobody can refresh it between the look and the end."""
        taken = self._unfinished / f"collected-{secrets.token_hex(16)}"
        make_folder(self._unfinished)
        try:
            self._path(key).rename(taken)
        except FileNotFoundError:
            return False
        kept_again = _moment(taken.stat().st_mtime) >= before
        if kept_again:
            taken.rename(self._path(key))
        else:
            taken.unlink()
        return not kept_again

    def sweep(self, now: datetime) -> None:
        """Nothing: all that can be left behind is in the folder of unfinished files."""

    def check(self) -> None:
        """Look at the folders, and for room: access(2) tells of read-only file systems too."""
        for wanted in (self._directory, self._unfinished):
            folder = next(one for one in (wanted.absolute(), *wanted.absolute().parents) if one.exists())
            if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
                raise Unavailable(
                    f"{folder} cannot be written to, where blobs are to be.", "blobs_unwritable"
                )
            state = os.statvfs(folder)
            if state.f_bavail * state.f_frsize < LEAST:
                raise Full(f"There is no space left in {folder}, where blobs are to be.")

    def _path(self, key: str) -> Path:
        return Path(self._directory, key)

    def _there(self, path: Path) -> bool:
        try:
            # What is nobody's any more must not be collected just before it is somebody's again.
            os.utime(path)
        except FileNotFoundError:
            return False
        # Another thread may have renamed it and not come to this yet.
        sync_folder(path.parent)
        return True

    def _name(self, file: BinaryIO, path: Path) -> None:
        make_folder(path.parent)
        os.fsync(file.fileno())
        Path(file.name).replace(path)
        sync_folder(path.parent)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
