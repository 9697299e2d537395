"""Files by what is in them: equal content is kept once, and what was acknowledged survives a power cut."""

from __future__ import annotations

import errno
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from traitlets import Unicode
from traitlets.config import LoggingConfigurable

from mlabs_ext.errors import Full, NotFound
from mlabs_ext.notebook import sha256

HOUR = 3600
DIGEST = re.compile(r"sha256:([0-9a-f]{2})([0-9a-f]{62})")


class Blobs(LoggingConfigurable):
    """Blobs in a local folder, 256 subfolders by the digest's first two digits."""

    directory = Unicode(
        "blobs",
        help="""The folder that holds the blobs.

        Default: `blobs` in the data directory. Example:

            c.Blobs.directory = "/srv/mlabs/blobs"
        """,
    ).tag(config=True)

    def path(self, digest: str) -> Path:
        """Where the blob of this digest lies, or would."""
        parts = DIGEST.fullmatch(digest)
        if not parts:
            raise NotFound(f"{digest!r:.100} is not a digest.", "blob_not_found")
        return Path(self.directory, *parts.groups())

    def exists(self, digest: str) -> bool:
        """Whether there is such a blob."""
        return self.path(digest).is_file()

    def get(self, digest: str) -> bytes:
        """The bytes of a blob."""
        try:
            return self.path(digest).read_bytes()
        except FileNotFoundError:
            raise NotFound(f"There is no blob {digest}.", "blob_not_found") from None

    def put(self, data: bytes) -> str:
        """Keep `data`, and return its digest once it is safely on disk."""
        digest = sha256(data)
        path = self.path(digest)
        with space_needed():
            for folder in (self.unfinished, path.parent):
                make_folder(folder)
            if not path.exists():
                _write(self.unfinished, path, data)
            # Also where the file was there: another thread may have renamed it and not come to this yet.
            sync_folder(path.parent)
        return digest

    @property
    def unfinished(self) -> Path:
        """Where files are written before they get their name."""
        return Path(self.directory, "unfinished")

    def sweep(self, now: datetime) -> None:
        """Remove what writers that were killed left more than an hour ago."""
        for file in self.unfinished.glob("*"):
            with suppress(FileNotFoundError):
                if file.stat().st_mtime < now.timestamp() - HOUR:
                    file.unlink()


def make_folder(folder: Path) -> None:
    """Make a folder that survives a power cut."""
    if not folder.is_dir():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        sync_folder(folder.parent)


def _write(unfinished: Path, path: Path, data: bytes) -> None:
    descriptor, name = tempfile.mkstemp(dir=unfinished)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make sure that the folder's entries are on disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def space_needed() -> Iterator[None]:
    """Say in our own words that the disk is full."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Full("There is no space left; nothing was stored.") from error
        raise
