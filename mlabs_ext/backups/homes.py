"""Folders of people who may change them meanwhile, and who may mean ill: no link in them is ever followed."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from mlabs_ext.backups.archive import CHUNK, Entry

FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
# Each level holds a file open; Linux takes paths of 4,096 bytes, of which the restored directory needs some.
DEEPEST, LONGEST = 200, 3500
Found = Iterator[tuple[Entry, BinaryIO | None]]


def walk(root: Path, name: str, left_out: list[str]) -> Found:
    """All in a folder, each folder before what is in it; files come open, and are read before the next.

    `name` is the folder's in the archive. What cannot be read is noted in `left_out`, sockets and the like
    are not even that.
    """
    yield from folder(os.open(root, FLAGS & ~os.O_NOFOLLOW | os.O_DIRECTORY), name, root, left_out, 0)


def folder(here: int, name: str, path: Path, left_out: list[str], depth: int) -> Found:
    """An open folder, which is closed at the end."""
    try:
        yield entry(name, os.fstat(here)), None
        for child in sorted(os.listdir(here)):
            inside = f"{name}/{child}"
            try:
                if depth == DEEPEST or len(os.fsencode(inside)) > LONGEST:
                    raise OSError(errno.ENAMETOOLONG, "too deep, or its path too long")
                yield from one(child, here, inside, path / child, left_out, depth)
            except FileNotFoundError:
                """It has just gone."""
            except OSError as error:
                left_out.append(f"{path / child}: {error.strerror}")
    finally:
        os.close(here)


def one(file: str, here: int, name: str, path: Path, left_out: list[str], depth: int) -> Found:
    """A file, link or folder of an open folder; nothing where it is neither."""
    about = os.stat(file, dir_fd=here, follow_symlinks=False)
    if stat.S_ISLNK(about.st_mode):
        found = entry(name, about)
        found.target = os.readlink(file, dir_fd=here)
        yield found, None
    elif stat.S_ISDIR(about.st_mode):
        opened = os.open(file, FLAGS | os.O_DIRECTORY, dir_fd=here)
        yield from folder(opened, name, path, left_out, depth + 1)
    elif stat.S_ISREG(about.st_mode):
        with os.fdopen(os.open(file, FLAGS, dir_fd=here), "rb", buffering=0) as content:
            about = os.fstat(content.fileno())
            if stat.S_ISREG(about.st_mode):
                yield entry(name, about), content


def entry(name: str, about: os.stat_result) -> Entry:
    """How it stands in the archive."""
    kind = "folder" if stat.S_ISDIR(about.st_mode) else "link" if stat.S_ISLNK(about.st_mode) else "file"
    size = about.st_size if kind == "file" else 0
    return Entry(name, kind, size, about.st_mode & 0o777, int(about.st_mtime), about.st_uid, about.st_gid)


def chunks(file: BinaryIO) -> Iterator[bytes]:
    """The bytes of an open file."""
    while chunk := file.read(CHUNK):
        yield chunk
