"""Files beneath a folder that its user writes at will: no link in it ever leads out of it.

Every folder on the way is opened from the one above, and none that is a link: whoever swaps one for a link
between a look and a use gains nothing.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from msgspec import Struct

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# A pipe or a device that somebody put there holds nobody up.
READING = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
WRITING = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
ARRIVING = ".mlabs-arriving-"


class Stamp(Struct, frozen=True):
    """What tells one state of a file from another: bytes, and nanoseconds since 1970; `mode` is kept too."""

    size: int
    modified: int
    mode: int = 0o644

    @classmethod
    def of(cls, status: os.stat_result) -> Stamp:
        """Of a file as it is."""
        return cls(status.st_size, status.st_mtime_ns, stat.S_IMODE(status.st_mode) & 0o777)

    def same(self, other: Stamp | None) -> bool:
        """Whether the content is the same, as far as that can be told."""
        return other is not None and (self.size, self.modified) == (other.size, other.modified)


class Outside(Exception):
    """A path that names no file beneath the folder."""


def parts(path: str) -> list[str]:
    """The names on the way to a file; raise Outside for any that could lead elsewhere."""
    names = path.split("/")
    if "\0" in path or any(name in ("", ".", "..") or len(os.fsencode(name)) > 255 for name in names):
        raise Outside(path)
    return names


class Beneath:
    """The files beneath `root`, which exists; what it makes is `owner`'s where this is root's process."""

    def __init__(self, root: str, owner: int):
        self.root, self.owner = root, owner

    def every(self, folders: list[str]) -> dict[str, Stamp]:
        """Each file below these folders, or of these names; links, pipes and the like are left out."""
        found: dict[str, Stamp] = {}
        for folder in folders:
            with contextlib.suppress(FileNotFoundError), self._parent(folder) as (place, name):
                self._look(place, name, folder, found)
        return found

    def _look(self, place: int, name: str, path: str, found: dict[str, Stamp]) -> None:
        status = os.stat(name, dir_fd=place, follow_symlinks=False)
        if stat.S_ISREG(status.st_mode) and not name.startswith(ARRIVING):
            found[path] = Stamp.of(status)
        if not stat.S_ISDIR(status.st_mode):
            return
        with contextlib.suppress(OSError), opened(name, FOLDER, place) as inside:
            for one in [entry.name for entry in os.scandir(inside)]:
                # It may have gone since.
                with contextlib.suppress(FileNotFoundError):
                    self._look(inside, one, f"{path}/{one}", found)

    @contextmanager
    def reading(self, path: str) -> Iterator[int]:
        """A file, opened; raise FileNotFoundError where it is none."""
        with self._parent(path) as (place, name), opened(name, READING, place) as file:
            if not stat.S_ISREG(os.fstat(file).st_mode):
                raise FileNotFoundError(path)
            yield file

    @contextmanager
    def writing(self, path: str, stamp: Stamp, known: Stamp | None) -> Iterator[int]:
        """A file in the place of what is there, whole or not at all; `stamp` says when it was changed.

        What is there is kept beside it where it is not the state that is `known`: somebody else changed it.
        """
        with self._parent(path, make=True) as (place, name):
            arriving = f"{ARRIVING}{secrets.token_hex(8)}"
            try:
                with opened(arriving, WRITING, place, 0o600) as file:
                    yield file
                    self._own(file)
                    os.fchmod(file, stamp.mode)
                    os.utime(file, ns=(stamp.modified, stamp.modified))
                    os.fsync(file)
                self._make_room(place, name, known)
                os.rename(arriving, name, src_dir_fd=place, dst_dir_fd=place)
            except BaseException:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(arriving, dir_fd=place)
                raise

    def _make_room(self, place: int, name: str, known: Stamp | None) -> None:
        now = self._status(place, name)
        if now is not None and stat.S_ISDIR(now.st_mode):
            raise IsADirectoryError(errno.EISDIR, "a folder is in its place")
        if now is None or (stat.S_ISREG(now.st_mode) and Stamp.of(now).same(known)):
            return
        stem, dot, kind = name.rpartition(".") if "." in name[1:] else (name, "", "")
        at = f"{datetime.now(UTC):%Y-%m-%d %H.%M.%S}"
        os.rename(name, f"{stem[:180]} (kept {at}){dot}{kind[:20]}", src_dir_fd=place, dst_dir_fd=place)

    def remove(self, path: str, known: Stamp | None) -> None:
        """Remove a file that is as it is known, and the folders that are empty then."""
        names = parts(path)
        with contextlib.suppress(FileNotFoundError), self._parent(path) as (place, name):
            now = self._status(place, name)
            if now is None or not stat.S_ISREG(now.st_mode) or not Stamp.of(now).same(known):
                return
            os.unlink(name, dir_fd=place)
        for depth in range(len(names) - 1, 1, -1):
            with contextlib.suppress(OSError), self._parent("/".join(names[:depth])) as (place, name):
                os.rmdir(name, dir_fd=place)

    def stamp(self, path: str) -> Stamp:
        """Of a file as it is now."""
        with self.reading(path) as file:
            return Stamp.of(os.fstat(file))

    @contextmanager
    def _parent(self, path: str, make: bool = False) -> Iterator[tuple[int, str]]:
        """The folder of a file, opened, and the file's name in it."""
        *above, name = parts(path)
        with contextlib.ExitStack() as stack:
            place = stack.enter_context(opened(self.root, FOLDER))
            for one in above:
                if make:
                    self._make(place, one)
                try:
                    place = stack.enter_context(opened(one, FOLDER, place))
                except NotADirectoryError as error:
                    raise Outside(path) from error
            yield place, name

    def _make(self, place: int, name: str) -> None:
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, 0o700, dir_fd=place)
            with opened(name, FOLDER, place) as made:
                self._own(made)
                os.fchmod(made, 0o755)  # nosec B103 - as a lab makes folders in its home, which is closed itself

    def _own(self, file: int) -> None:
        if os.geteuid() == 0:
            os.fchown(file, self.owner, self.owner)

    @staticmethod
    def _status(place: int, name: str) -> os.stat_result | None:
        try:
            return os.stat(name, dir_fd=place, follow_symlinks=False)
        except FileNotFoundError:
            return None


@contextmanager
def opened(name: str, flags: int, place: int | None = None, mode: int = 0o600) -> Iterator[int]:
    """A file or folder, closed afterwards; a link is none."""
    try:
        file = os.open(name, flags, mode, dir_fd=place)
    except OSError as error:
        # A link, or a device without a driver.
        if error.errno in (errno.ELOOP, errno.ENXIO):
            raise FileNotFoundError(name) from error
        raise
    try:
        yield file
    finally:
        os.close(file)
