"""Looks into a zip archive that somebody sent: nothing is unpacked but the one member that is asked for."""

from __future__ import annotations

import lzma
import re
import stat
import struct
import zipfile
import zlib
from io import BytesIO
from pathlib import PurePosixPath

from mlabs_ext.errors import BadInput, TooLarge
from mlabs_ext.service.import_kinds import NOTEBOOK, SCRIPTS, suffix_of
from mlabs_ext.service.sizes import spoken

MAX_MEMBERS = 10_000
# No archive of notebooks and their data holds so much more than itself.
MAX_TOTAL = 2 << 30
UNSAFE = re.compile(r"[\x00-\x1f\x7f\\]|^/|^[A-Za-z]:|(?:^|/)\.\.(?:/|$)")
ENCRYPTED = 1
# What the libraries raise, all of them, where bytes are not what they should be.
DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(EOFError, OSError, RuntimeError, ValueError),
)
# What is in an archive of a notebook, and is none.
NO_NOTEBOOKS = {"readme.md", "license.md", "changelog.md", "contributing.md", "setup.py", "__init__.py"}


class Archive:
    """An archive whose members are all safe; BadInput or TooLarge for others."""

    def __init__(self, data: bytes):
        try:
            self._file = zipfile.ZipFile(BytesIO(data))
        except DAMAGED as error:
            raise BadInput(
                f"This is not a zip archive that can be read: {error}.", "archive_invalid"
            ) from error
        members = self._file.infolist()
        if len(members) > MAX_MEMBERS:
            raise TooLarge(f"This archive has over {MAX_MEMBERS} members; make one of the notebook alone.")
        for member in members:
            _check(member)
        if sum(member.file_size for member in members) > MAX_TOTAL:
            raise TooLarge(f"This archive would unpack to more than {spoken(MAX_TOTAL)}.")
        self._sizes = {
            member.filename: member.file_size
            for member in members
            if not (member.is_dir() or _hidden(member))
        }

    @property
    def notebooks(self) -> list[str]:
        """The paths of the notebooks in it; of scripts and texts where there are none."""
        found = [path for path in self._sizes if suffix_of(path) == NOTEBOOK]
        if not found:
            names = {path: PurePosixPath(path).name.lower() for path in self._sizes}
            found = [
                path for path in self._sizes if suffix_of(path) in SCRIPTS and names[path] not in NO_NOTEBOOKS
            ]
        return sorted(found)

    @property
    def files(self) -> dict[str, int]:
        """The paths of all else, with their sizes in bytes."""
        others = self._sizes.keys() - set(self.notebooks)
        return {path: self._sizes[path] for path in sorted(others)}

    def read(self, path: str, limit: int) -> bytes:
        """A member, which may have `limit` bytes; that of another path than one of its own is BadInput."""
        if path not in self._sizes:
            raise BadInput(f"There is no {path!r:.100} in this archive.", "import_choice")
        if self._sizes[path] > limit:
            raise TooLarge(f"{path!r:.100} is larger than {spoken(limit)}, which is the limit here.")
        try:
            return self._file.read(path)
        except DAMAGED as error:
            raise BadInput(f"{path!r:.100} cannot be unpacked: {error}.", "archive_invalid") from error


def _check(member: zipfile.ZipInfo) -> None:
    name = member.orig_filename
    kind = stat.S_IFMT(member.external_attr >> 16)
    if UNSAFE.search(name) or len(name) > 500:
        reason = "has a path that leads out of it, or that no file can have"
    elif kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        reason = "is a link or a device"
    elif member.flag_bits & ENCRYPTED:
        reason = "needs a password"
    else:
        return
    raise BadInput(f"This archive is not taken: {name!r:.100} in it {reason}.", "archive_unsafe")


def _hidden(member: zipfile.ZipInfo) -> bool:
    """Whether it is something that systems and editors leave behind."""
    return any(part.startswith((".", "__MACOSX", "__pycache__")) for part in member.filename.split("/"))
