"""The ledger on disk: one small file for each session, whole after any crash."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from logging import Logger, LoggerAdapter
from pathlib import Path

import msgspec
from msgspec import Struct

from mlabs_ext import wire
from mlabs_spawner.installation import fsync_directory


class Entry(Struct):
    """One session of a server, from the request for a place to its end; times in seconds since 1970.

    `process` is the one that was started for it, where it is one of this machine's.
    """

    id: str
    user: str
    server: str
    lab: str
    environment: str
    accelerator: str
    requested: float
    image: str = ""
    started: float | None = None
    ended: float | None = None
    reason: str | None = None
    process: str | None = None

    def change(self) -> wire.ServerChange:
        """What the service is told of it."""
        return wire.ServerChange(moment(self.started), moment(self.ended), self.image or None, self.reason)


def moment(seconds: float | None) -> datetime | None:
    """A time as it is sent."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


class Book:
    """The files of a ledger in `path`; the time of each says when its session was last known to go on."""

    def __init__(self, path: Path, log: Logger | LoggerAdapter[Logger]):
        self.path, self.log = path, log

    def file(self, entry: Entry) -> Path:
        """Where a session is written down."""
        return self.path / f"{entry.id}.json"

    def write(self, entry: Entry) -> None:
        """Write it so that it is there as a whole after any crash, or as it was before."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = self.file(entry).with_suffix(".partial")
        with partial.open("wb") as file:
            file.write(msgspec.json.encode(entry))
            file.flush()
            os.fsync(file.fileno())
        partial.rename(self.file(entry))
        fsync_directory(self.path)

    def read(self) -> Iterator[Entry]:
        """What another hub, or this one in another life, left."""
        kept = set()
        for file in sorted(self.path.glob("*.json")):
            try:
                entry = msgspec.json.decode(file.read_bytes(), type=Entry)
            except msgspec.MsgspecError as error:
                self.log.error("%s is not of this ledger, and is set aside: %s", file, error)
                file.rename(file.with_suffix(".unreadable"))
                continue
            kept.add(entry.id)
            yield entry
        for file in self.path.glob("*.end"):
            if file.stem not in kept:
                file.unlink(missing_ok=True)

    def remove(self, entry: Entry) -> None:
        """The service knows all of it."""
        self.file(entry).unlink(missing_ok=True)
        self.witness(entry).unlink(missing_ok=True)

    def seen(self, entry: Entry) -> float:
        """When a hub last knew that it goes on; now where nothing tells."""
        return modified(self.file(entry)) or time.time()

    def keep_seen(self, entries: list[Entry]) -> None:
        """Keep that these go on now."""
        for entry in entries:
            with suppress(OSError):
                os.utime(self.file(entry))

    def witness(self, entry: Entry) -> Path:
        """A file that something outside the hub may make when the server ends; its time counts."""
        return self.path / f"{entry.id}.end"

    def witnessed(self, entry: Entry) -> float | None:
        """When the server ended, according to the witness."""
        return modified(self.witness(entry))


def modified(file: Path) -> float | None:
    """When a file was last written; None where it is not there."""
    try:
        return file.stat().st_mtime
    except FileNotFoundError:
        return None
