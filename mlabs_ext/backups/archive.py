"""The file that a backup is: a plain tar archive of which this reads no more than this writes.

Any `tar` can open it. What others could put into one (devices, hard links, paths that lead elsewhere, headers
without end) is refused here, since a reader that knows all of tar would have to be trusted with all of it.
"""

from __future__ import annotations

import hashlib
import re
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from mlabs_ext.errors import Unusable

BLOCK = 512
CHUNK = 1024 * 1024
# Of the names in one header: four times what Linux takes as a path.
MOST = 16 * 1024
LARGEST = 2**48
END = bytes(2 * BLOCK)
RECORD = re.compile(rb"(\d{1,6}) ([^=]+)=")
KINDS = {tarfile.REGTYPE: "file", tarfile.DIRTYPE: "folder", tarfile.SYMTYPE: "link"}
PERMISSIONS = 0o777


@dataclass(slots=True)
class Entry:
    """What an archive has under a name. `time` is in whole seconds; `target` is a link's."""

    name: str
    kind: str = "file"
    size: int = 0
    mode: int = 0o600
    time: int = 0
    user: int = 0
    group: int = 0
    target: str = ""

    def header(self) -> bytes:
        """What stands before its bytes."""
        info = tarfile.TarInfo(self.name)
        info.type = next(kind for kind, name in KINDS.items() if name == self.kind)
        info.size, info.mode, info.mtime = self.size, self.mode & PERMISSIONS, self.time
        info.uid, info.gid, info.linkname = self.user, self.group, self.target
        return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


class Writer:
    """Writes an archive to a file that need not be able to seek."""

    def __init__(self, file: BinaryIO):
        self._file, self._hash = file, hashlib.sha256()
        self.size = 0

    def add(self, entry: Entry, chunks: Iterable[bytes] = ()) -> None:
        """Add something. Of a file that grows meanwhile there is its beginning, of one that shrinks zeros."""
        self._write(entry.header())
        left = entry.size
        for chunk in chunks:
            self._write(chunk[:left])
            left -= len(chunk[:left])
            if not left:
                break
        while left:
            left -= self._write(bytes(min(left, CHUNK)))
        self._write(bytes(-entry.size % BLOCK))

    @property
    def sha256(self) -> str:
        """Of all that was written so far."""
        return self._hash.hexdigest()

    def end(self) -> None:
        """Say that nothing follows."""
        self._write(END)

    def _write(self, data: bytes) -> int:
        self._file.write(data)
        self._hash.update(data)
        self.size += len(data)
        return len(data)


class Reader:
    """Reads an archive from a file that need not be able to seek; Unusable where it is not whole."""

    def __init__(self, file: BinaryIO):
        self._file, self._hash = file, hashlib.sha256()
        self._left = self._padding = 0
        # Of all before the entry that was read last.
        self.sha256 = ""

    def __iter__(self) -> Iterator[Entry]:
        """One entry after another; what was not read of one is read past."""
        while True:
            for _ in self.content():
                """Read past it."""
            self._exactly(self._padding)
            self._padding = 0
            before = self._hash.hexdigest()
            entry = self._next()
            if entry is None:
                return
            self.sha256 = before
            yield entry

    def content(self) -> Iterator[bytes]:
        """The bytes of the entry that was read last, once."""
        while self._left:
            chunk = self._exactly(min(self._left, CHUNK))
            self._left -= len(chunk)
            yield chunk

    def _next(self) -> Entry | None:
        more: dict[str, str] = {}
        while True:
            block = self._exactly(BLOCK)
            if block == bytes(BLOCK):
                return None
            info = parsed(block)
            if info.type != tarfile.XHDTYPE:
                break
            if more or info.size > MOST:
                raise damaged("a header without end")
            more = records(self._exactly(info.size + -info.size % BLOCK)[: info.size])
        return self._entry(info, more)

    def _entry(self, info: tarfile.TarInfo, more: dict[str, str]) -> Entry:
        kind = KINDS.get(info.type)
        if kind is None:
            raise Unusable(f"{info.name!r:.100} is of a kind that backups do not have.", "backup_hostile")
        size = number(more["size"]) if "size" in more else info.size
        if size < 0 or size > LARGEST or (size and kind != "file"):
            raise damaged(f"{info.name!r:.100} has an impossible size")
        self._left, self._padding = size, -size % BLOCK
        name, target = more.get("path", info.name), more.get("linkpath", info.linkname)
        user, group = (number(more.get(key, str(old))) for key, old in (("uid", info.uid), ("gid", info.gid)))
        return Entry(
            name.removesuffix("/"), kind, size, info.mode & PERMISSIONS, int(info.mtime), user, group, target
        )

    def _exactly(self, size: int) -> bytes:
        found = self._file.read(size)
        while len(found) < size and (more := self._file.read(size - len(found))):
            found += more
        if len(found) < size:
            raise Unusable(
                "The backup ends too early: it was cut off, or is still being written.", "backup_cut_off"
            )
        self._hash.update(found)
        return found


def parsed(block: bytes) -> tarfile.TarInfo:
    """A header."""
    try:
        return tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError as error:
        raise damaged(str(error)) from error


def records(data: bytes) -> dict[str, str]:
    """What an extended header says: `LENGTH NAME=VALUE` and a line's end, again and again."""
    found = {}
    while data:
        match = RECORD.match(data)
        length = int(match[1]) if match else 0
        if not match or length <= match.end() or data[length - 1 : length] != b"\n":
            raise damaged("a header that cannot be read")
        found[match[2].decode("ascii", "replace")] = data[match.end() : length - 1].decode(
            "utf-8", "surrogateescape"
        )
        data = data[length:]
    return found


def number(text: str) -> int:
    """A whole number of a header."""
    if not re.fullmatch(r"\d{1,20}", text, re.ASCII):
        raise damaged("a header that cannot be read")
    return int(text)


def damaged(what: str) -> Unusable:
    """The error for what was altered."""
    return Unusable(f"The backup is damaged, or no backup of MLabs: {what}.", "backup_damaged")
