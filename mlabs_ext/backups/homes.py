"""Folders of people who may change them meanwhile, and who may mean ill: no link in them is ever followed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from mlabs_ext.backups.archive import CHUNK, Entry

FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def walk(root: Path, name: str, left_out: list[str]) -> Iterator[tuple[Entry, BinaryIO | None]]:
    """All in a folder, each folder before what is in it; files come open, and are read before the next.

    `name` is the folder's in the archive. What cannot be read is noted in `left_out`, sockets and the like
    are not even that.
    """

    def unread(error: OSError) -> None:
        left_out.append(f"{error.filename}: {error.strerror}")

    for path, folders, files, here in os.fwalk(root, onerror=unread):
        folders.sort()
        inside = Path(name, Path(path).relative_to(root))
        yield entry(str(inside), os.fstat(here)), None
        for file in sorted([*files, *(one for one in folders if is_link(one, here))]):
            try:
                yield from one(str(inside / file), file, here)
            except OSError as error:
                left_out.append(f"{Path(path, file)}: {error.strerror}")


def one(name: str, file: str, folder: int) -> Iterator[tuple[Entry, BinaryIO | None]]:
    """A file or link of an open folder; nothing where it has just gone, or is neither."""
    try:
        about = os.stat(file, dir_fd=folder, follow_symlinks=False)
        if stat.S_ISLNK(about.st_mode):
            found = entry(name, about)
            found.target = os.readlink(file, dir_fd=folder)
            yield found, None
        elif stat.S_ISREG(about.st_mode):
            with os.fdopen(os.open(file, FLAGS, dir_fd=folder), "rb", buffering=0) as opened:
                about = os.fstat(opened.fileno())
                if stat.S_ISREG(about.st_mode):
                    yield entry(name, about), opened
    except FileNotFoundError:
        return


def entry(name: str, about: os.stat_result) -> Entry:
    """How it stands in the archive."""
    kind = "folder" if stat.S_ISDIR(about.st_mode) else "link" if stat.S_ISLNK(about.st_mode) else "file"
    size = about.st_size if kind == "file" else 0
    return Entry(name, kind, size, about.st_mode & 0o777, int(about.st_mtime), about.st_uid, about.st_gid)


def is_link(name: str, folder: int) -> bool:
    """Whether what looks like a folder is a link to one."""
    try:
        return stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return False


def chunks(file: BinaryIO) -> Iterator[bytes]:
    """The bytes of an open file."""
    while chunk := file.read(CHUNK):
        yield chunk
