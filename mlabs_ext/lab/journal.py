"""The files of one run: appended to, read back in batches, and gone once the service has it all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from mlabs_ext.wire import RunCreate

MAX_LINES = 1000
MAX_BYTES = 1_000_000
META = "run.json"


class Meta(Struct):
    """What a run was registered, or is to be registered, with."""

    run: RunCreate
    path: str | None = None


class Segment(Struct):
    """A file of at most one batch: the lines of the events from `first` on. `size` is what counts of it."""

    path: Path
    first: int
    lines: int = 0
    size: int = 0

    @property
    def last(self) -> int:
        """The number of its last event."""
        return self.first + self.lines - 1

    def room_for(self, lines: list[bytes]) -> int:
        """How many of `lines` fit; an empty file takes any one line."""
        count, size = 0, self.size
        for line in lines[: MAX_LINES - self.lines]:
            size += len(line) + 1
            if size > MAX_BYTES and self.lines + count:
                break
            count += 1
        return count


class Journal:
    """A directory with `run.json` and segments of JSON lines. Blocks; for one thread at a time."""

    def __init__(self, directory: Path):
        self.directory = directory
        self.segments: list[Segment] = []
        self._open: int | None = None

    def create(self, meta: Meta) -> None:
        """Make the directory, durably."""
        self.directory.mkdir(parents=True, exist_ok=True)
        temporary = self.directory / f"{META}.new"
        with temporary.open("wb") as file:
            file.write(msgspec.json.encode(meta))
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(self.directory / META)
        sync(self.directory)
        sync(self.directory.parent)

    def load(self) -> Meta | None:
        """Find again what a process left; None where it had not come to write the first file."""
        try:
            meta = msgspec.json.decode((self.directory / META).read_bytes(), type=Meta)
        except (FileNotFoundError, msgspec.DecodeError):
            return None
        for path in sorted(self.directory.glob("*.jsonl")):
            self._load_segment(path)
        return meta

    def append(self, first: int, lines: list[bytes]) -> None:
        """Write the events numbered `first`… and return when they are on disk.

        After an OSError `next` tells how far it came.
        """
        while lines:
            if not self.segments or not self.segments[-1].room_for(lines):
                self._rotate(first)
            fitting = self.segments[-1].room_for(lines)
            self._write(self.segments[-1], lines[:fitting])
            first, lines = first + fitting, lines[fitting:]
        if self._open is not None:
            os.fsync(self._open)

    @property
    def next(self) -> int:
        """The number of the first event that is not here."""
        return self.segments[-1].last + 1 if self.segments else 1

    def read(self, after: int) -> list[bytes]:
        """The next events after number `after` that make one batch."""
        for segment in self.segments:
            if segment.lines and segment.last > after:
                with segment.path.open("rb") as file:
                    lines = file.read(segment.size).splitlines()
                return lines[max(after + 1 - segment.first, 0) :]
        return []

    def events(self) -> Iterator[bytes]:
        """Every event that is still here."""
        for segment in self.segments:
            with segment.path.open("rb") as file:
                yield from file.read(segment.size).splitlines()

    def forget(self, upto: int) -> None:
        """Delete the files whose events all are numbered `upto` or lower, but for the one being written."""
        while len(self.segments) > 1 and self.segments[0].last <= upto:
            self.segments.pop(0).path.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file being written."""
        if self._open is not None:
            os.close(self._open)
            self._open = None

    def remove(self) -> None:
        """Delete the run from this disk."""
        self.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(segment.size for segment in self.segments)

    def _load_segment(self, path: Path) -> None:
        segment = Segment(path, int(path.stem))
        if self.segments and segment.first != self.next:
            path.unlink()  # follows a gap that only a failing disk leaves
            return
        for line in whole_lines(path):
            segment.lines += 1
            segment.size += len(line) + 1
        os.truncate(path, segment.size)
        self.segments.append(segment)

    def _rotate(self, first: int) -> None:
        if self._open is not None:
            os.fsync(self._open)
        self.close()
        path = self.directory / f"{first:012d}.jsonl"
        self._open = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        self.segments.append(Segment(path, first))
        sync(self.directory)

    def _write(self, segment: Segment, lines: list[bytes]) -> None:
        if self._open is None:
            self._open = os.open(segment.path, os.O_RDWR | os.O_CLOEXEC)
        data = b"\n".join(lines) + b"\n"
        written = 0
        try:
            while written < len(data):
                written += os.pwrite(self._open, memoryview(data)[written:], segment.size + written)
        except OSError:
            os.ftruncate(self._open, segment.size)
            raise
        segment.size += len(data)
        segment.lines += len(lines)


def whole_lines(path: Path) -> Iterator[bytes]:
    """The lines up to the first one that is torn."""
    for line in path.read_bytes().split(b"\n")[:-1]:
        try:
            msgspec.json.decode(line, type=msgspec.Raw)
        except ValueError:
            return
        yield line


def sync(directory: Path) -> None:
    """Make the names in a directory durable."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
