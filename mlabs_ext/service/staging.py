"""Files on their way in that nothing is made of yet: on disk, and gone an hour after nobody brings more."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple

from traitlets import Float, Unicode
from traitlets.config import LoggingConfigurable

from mlabs_ext.errors import MLabsError
from mlabs_ext.service.asset_paths import check_sent_path
from mlabs_ext.service.blobs_writer import is_held, space_needed
from mlabs_ext.service.folders import make_folder

LOCK = "lock"
HOUR = 3600


class Locked(MLabsError):
    """Another request brings bytes of the same file just now."""

    status, code = 423, "upload_locked"


class Staged(NamedTuple):
    """A file that came: the path that it is to have, and where it lies now."""

    path: str
    file: Path


class Arriving:
    """A file of a form, on its way into a folder."""

    def __init__(self, path: str, file: Path):
        self._staged = Staged(path, file)
        with space_needed():
            self._file = file.open("xb")

    def write(self, data: memoryview) -> None:
        """Take the next bytes."""
        with space_needed():
            self._file.write(data)

    def commit(self) -> Staged:
        """All of it is here."""
        with space_needed():
            self._file.close()
        return self._staged

    def abandon(self) -> None:
        """Leave it: the folder goes as a whole."""
        # What was not written is not wanted any more, on a full disk either.
        with suppress(OSError):
            self._file.close()


class Folder:
    """A folder for what one request brings."""

    def __init__(self, path: Path):
        self.path = path
        self._made = 0

    def new(self) -> Path:
        """A name for the next file, which is not there yet."""
        self._made += 1
        return self.path / f"{self._made}"

    def opened(self, path: str) -> Arriving:
        """Begin the file of a form that is to have this path; BadInput where it cannot have it."""
        check_sent_path(path)
        return Arriving(path, self.new())


class Piece:
    """The end of a file, where more is put."""

    def __init__(self, file: BinaryIO):
        self._file = file
        self.offset = file.seek(0, os.SEEK_END)

    def write(self, chunk: bytes) -> None:
        """Put more behind it; what is there stays there, whatever becomes of this process."""
        with space_needed():
            self._file.write(chunk)
            self._file.flush()
        self.offset += len(chunk)

    def sync(self) -> None:
        """Be sure that it is on disk."""
        with space_needed():
            os.fsync(self._file.fileno())


class Staging(LoggingConfigurable):
    """Where they lie. Several processes of the service share the folder."""

    directory = Unicode(
        "uploads",
        help="""The folder for uploads until they are complete; it needs as much room as all of them.

        Service processes on several machines have to share it. Default: `uploads` in the data directory.
        Example:

            c.Staging.directory = "/srv/mlabs/uploads"
        """,
    ).tag(config=True)

    keep = Float(
        1.0,
        help="""For how many hours an upload that was broken off can go on; then it is gone.

        Default: 1. Example:

            c.Staging.keep = 24
        """,
    ).tag(config=True)

    @contextmanager
    def folder(self) -> Iterator[Folder]:
        """A new folder, gone at the end."""
        path = Path(self.directory, f"form-{secrets.token_hex(16)}")
        with space_needed():
            make_folder(path)
        try:
            with (path / LOCK).open("wb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield Folder(path)
        finally:
            shutil.rmtree(path, ignore_errors=True)

    def path(self, upload: str) -> Path:
        """Where the bytes of an upload lie."""
        return Path(self.directory, upload)

    def begin(self, upload: str) -> None:
        """Make room for an upload, with nothing in it."""
        make_folder(Path(self.directory))
        with space_needed():
            self.path(upload).touch(mode=0o600, exist_ok=False)

    def offset(self, upload: str) -> int | None:
        """How many bytes of an upload are here; None where it is gone."""
        with suppress(FileNotFoundError):
            return self.path(upload).stat().st_size
        return None

    @contextmanager
    def appending(self, upload: str) -> Iterator[Piece]:
        """Take more bytes of an upload, one request at a time."""
        with self.path(upload).open("ab") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Locked(
                    "Another request sends this file just now: ask again for its offset in a moment."
                ) from None
            yield Piece(file)

    def remove(self, *uploads: str) -> None:
        """Forget the bytes of uploads."""
        for upload in uploads:
            self.path(upload).unlink(missing_ok=True)

    def idle(self, upload: str, now: datetime) -> bool:
        """Whether nothing of an upload came for so long that it is given up."""
        try:
            return self.path(upload).stat().st_mtime < now.timestamp() - self.keep * HOUR
        except FileNotFoundError:
            return True

    def sweep(self, now: datetime, known: set[str]) -> None:
        """Remove what no upload is of, and what requests left that were killed."""
        for path in Path(self.directory).glob("*"):
            with suppress(FileNotFoundError):
                old = path.stat().st_mtime < now.timestamp() - self.keep * HOUR
                if old and path.is_dir() and not _held(path):
                    shutil.rmtree(path, ignore_errors=True)
                elif old and path.is_file() and path.name not in known:
                    path.unlink()


def _held(folder: Path) -> bool:
    """Whether a request that lives brings what is in a folder."""
    lock = folder / LOCK
    return lock.exists() and is_held(lock)
