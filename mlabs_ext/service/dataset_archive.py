"""Takes zip and tar archives apart: what is no plain file, or leads out of them, is refused first."""

from __future__ import annotations

import errno
import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from mlabs_ext.errors import BadInput, MLabsError, TooLarge
from mlabs_ext.service.asset_paths import check_path
from mlabs_ext.service.sizes import spoken

SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
CHUNK = 1024 * 1024
ENCRYPTED = 1
ZIP = b"PK\x03\x04"
LEFT_BEHIND = ("__MACOSX", ".DS_Store", "Thumbs.db")
# What the libraries raise, all of them, where bytes are not what they should be.
DAMAGED = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, struct.error),
    *(EOFError, OSError, RuntimeError, ValueError, NotImplementedError, KeyError, IndexError),
)


def suffix_of(path: str) -> str:
    """The ending by which a file is an archive; empty where it is none."""
    name = path.lower()
    return max((suffix for suffix in SUFFIXES if name.endswith(suffix)), key=len, default="")


def unpacked(archive: Path, target: Path, limit: int, max_files: int) -> list[tuple[str, str]]:
    """Write what is in it into `target`; the path of each file in the archive, and its name there.

    At most `limit` bytes and `max_files` files; BadInput or TooLarge otherwise.
    """
    is_zip = _begins(archive, ZIP) or zipfile.is_zipfile(archive)
    with _understood("zip file" if is_zip else "archive"):
        if is_zip:
            return _Out(target, limit, max_files).zip(archive)
        return _Out(target, limit, max_files).tar(archive)


def _begins(file: Path, mark: bytes) -> bool:
    with file.open("rb") as opened:
        return opened.read(len(mark)) == mark


class _Out:
    """What was written so far."""

    def __init__(self, target: Path, limit: int, max_files: int):
        self.target, self.limit, self.max_files = target, limit, max_files
        self.size = 0
        self.found: list[tuple[str, str]] = []

    def zip(self, archive: Path) -> list[tuple[str, str]]:
        """A zip archive: all of its members are looked at before the first is written."""
        with zipfile.ZipFile(archive) as opened:
            members = [member for member in opened.infolist() if not member.is_dir()]
            self._fits(len(members), sum(member.file_size for member in members))
            for member in members:
                _check_zipped(member)
            for member in members:
                if path := _path(member.orig_filename):
                    with opened.open(member) as source:
                        self._write(path, source)
        return self.found

    def tar(self, archive: Path) -> list[tuple[str, str]]:
        """A tar archive, packed or not: all of its members are looked at before the first is written."""
        for member in _members(archive, self._fits, self.max_files):
            _check_taped(member)
        with tarfile.open(archive) as opened:
            for member in opened:
                path = _path(member.name) if member.isreg() else ""
                if path and (source := opened.extractfile(member)):
                    self._write(path, source)
        return self.found

    def _fits(self, files: int, size: int) -> None:
        if files > self.max_files:
            raise TooLarge(f"This archive has over {self.max_files} files.", "too_many_files")
        if size > self.limit:
            raise TooLarge(
                f"This archive would unpack to more than {spoken(self.limit)}: there is no room for more.",
                "archive_too_large",
            )

    def _write(self, path: str, source: IO[bytes]) -> None:
        name = f"{len(self.found) + 1}"
        with (self.target / name).open("xb") as file:
            while chunk := source.read(CHUNK):
                self.size += len(chunk)
                self._fits(0, self.size)
                file.write(chunk)
        self.found.append((path, name))


def _members(archive: Path, fits: Callable[[int, int], None], most: int) -> Iterator[tarfile.TarInfo]:
    """The members one by one: none is kept, so that a list without end needs no room."""
    size = count = 0
    with tarfile.open(archive) as opened:
        while (member := opened.next()) is not None:
            # Its type leaves this out.
            opened.members = []  # type: ignore[attr-defined]
            count, size = count + 1, size + member.size
            # Folders count as well: they take time.
            fits(count if member.isreg() else max(0, count - most), size)
            yield member


def _check_zipped(member: zipfile.ZipInfo) -> None:
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise _unsafe(member.orig_filename, "is a link or a device")
    if member.flag_bits & ENCRYPTED:
        raise _unsafe(member.orig_filename, "needs a password")
    _path(member.orig_filename)


def _check_taped(member: tarfile.TarInfo) -> None:
    if not (member.isreg() or member.isdir()):
        raise _unsafe(member.name, "is a link or a device")
    if member.isreg():
        _path(member.name)


def _path(name: str) -> str:
    """The path that a member gets; empty where it is nothing that anybody wants."""
    path = name.removeprefix("./")
    if any(part in LEFT_BEHIND or part.startswith("._") for part in path.split("/")):
        return ""
    try:
        return check_path(path)
    except BadInput:
        raise _unsafe(name, "has a path that leads out of it, or that no file can have") from None


def _unsafe(name: str, reason: str) -> BadInput:
    return BadInput(f"This archive is not taken: {name!r:.100} in it {reason}.", "archive_unsafe")


@contextmanager
def _understood(noun: str) -> Iterator[None]:
    try:
        yield
    except MLabsError:
        raise
    except NotImplementedError as error:
        raise BadInput(
            f"This {noun} is packed in a way that is not read here: pack it again as an ordinary zip file.",
            "archive_invalid",
        ) from error
    except DAMAGED as error:
        # The system says what failed where it is not the archive's fault.
        if isinstance(error, OSError) and error.errno is not None and error.errno != errno.EINVAL:
            raise BadInput(f"This {noun} cannot be read: {error.strerror}.", "archive_invalid") from error
        raise BadInput(f"This {noun} is damaged: pack it again.", "archive_invalid") from error
