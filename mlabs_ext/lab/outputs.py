"""Hands to the service what runs write to `outputs/`, while they go on: checkpoints need not wait."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from msgspec import Struct, field
from traitlets import Bool, Float, Instance
from traitlets.config import LoggingConfigurable

from mlabs_ext.errors import MLabsError, NotFound, Unavailable
from mlabs_ext.lab.client import Client
from mlabs_ext.lab.observers import Observer, Record
from mlabs_ext.lab.parts import Part
from mlabs_ext.wire import Asset

OUTPUTS = "outputs"
# Hidden files, and folders of caches, are tools' own.
LEFT_OUT = ("__pycache__",)
# How often in a row the service may not know a run.
PATIENCE = 30


class Seen(Struct, frozen=True):
    """A file as it was at one look: another time or size is another content."""

    time: int
    size: int


class Watched(Struct):
    """The `outputs/` of a run; files from before `since`, in nanoseconds since 1970, are not its own."""

    folder: Path
    since: int
    last: dict[str, Seen] = field(default_factory=dict)
    done: dict[str, Seen] = field(default_factory=dict)
    unknown: int = 0


class Outputs(LoggingConfigurable, Observer):
    """Looks into the folders of the runs that go on; a file that rests between two looks is complete."""

    client = Instance(Client)
    record = Part[Record]()
    root = Instance(Path)

    enabled = Bool(
        True,
        help="""Whether files in `outputs/` are kept with their run. Default: True. Example:
        `c.Outputs.enabled = False`.""",
    ).tag(config=True)
    interval = Float(
        2.0,
        help="""Seconds between two looks at the files of a run. Default: 2. Example:
        `c.Outputs.interval = 30` where files are large and change all the time.""",
    ).tag(config=True)

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self._watched: dict[str, Watched] = {}
        self._over: set[str] = set()
        self._turn = asyncio.Lock()

    async def watch(self) -> None:
        """Go on until cancelled."""
        while self.enabled:
            await asyncio.sleep(self.interval)
            await self.look()

    async def look(self) -> None:
        """Take what rests; of runs that are over, all that is left."""
        runs = self._follow_open()
        for run in list(self._watched):
            await self.take(run, over=run not in runs)

    def done(self, run: str) -> None:
        """Know of the run, which may be over before the next look."""
        if run not in self._watched:
            self._follow_open()

    def _follow_open(self) -> dict[str, tuple[str, datetime]]:
        """Follow the runs that go on; they are returned."""
        runs = self.record.open_runs()
        for run, (path, started) in runs.items():
            if run not in self._watched and run not in self._over:
                since = int(started.timestamp() * 1e9)
                self.follow(run, self.root / Path(path).parent / OUTPUTS, since)
        return runs

    def follow(self, run: str, folder: Path, since: int = 0) -> None:
        """From now on, what is in this folder is the run's."""
        if self.enabled:
            self._watched.setdefault(run, Watched(folder, since))

    async def finish(self) -> None:
        """Take all that is left of all runs, as far as the service takes it now."""
        for run in list(self._watched):
            await self.take(run, over=True)

    async def finish_run(self, run: str) -> None:
        """Return when all files of a run that makes no more are with the service, however long that takes."""
        while await self.take(run, over=True):
            await asyncio.sleep(self.interval)

    async def take(self, run: str, over: bool = False) -> bool:
        """Hand over a run's files that rest, or with `over` all of them; whether some have to be tried again.

        When a run is over and none has, it is watched no more.
        """
        async with self._turn:
            watched = self._watched.get(run)
            if watched is None:
                return False
            waiting = await self._take(run, watched, over)
            if over and not waiting:
                self._over.add(run)
                self._watched.pop(run)
            return waiting

    async def _take(self, run: str, watched: Watched, over: bool) -> bool:
        files = await asyncio.to_thread(found, watched.folder, watched.since)
        waiting = False
        for path, seen in files.items():
            rests = over or watched.last.get(path) == seen
            if rests and watched.done.get(path) != seen:
                waiting |= not await self._hand_over(run, watched, path, seen)
        watched.last = files
        return waiting

    async def _hand_over(self, run: str, watched: Watched, path: str, seen: Seen) -> bool:
        """Send one file; whether that is settled. What is refused for good is told in the record."""
        try:
            asset = await self._send(run, watched.folder / path, path, seen.size)
        except (Unavailable, OSError) as error:
            # Nobody answers, or it changed while it was read.
            self.log.info("MLabs: %s of run %s waits: %s", path, run, error)
            return False
        except NotFound as error:
            # The run is not registered yet; one that was deleted never will be.
            watched.unknown += 1
            if watched.unknown < PATIENCE:
                return False
            self.log.warning("MLabs: %s of run %s was not taken: %s", path, run, error.message)
        except MLabsError as error:
            self.log.warning("MLabs: %s of run %s was not taken: %s", path, run, error.message)
            self._tell(run, {"path": path, "size": seen.size, "error": error.message})
        else:
            said = {"path": path, "size": asset.size, "digest": asset.digest, "type": asset.type}
            self._tell(run, said)
            watched.unknown = 0
        watched.done[path] = seen
        return True

    async def _send(self, run: str, file: Path, path: str, size: int) -> Asset:
        with open(file, "rb", opener=no_links) as source:
            if os.fstat(source.fileno()).st_size != size:
                raise OSError(f"{path} is being written")
            where = f"runs/{run}/outputs/{quote(path)}"
            return await self.client.upload(where, source.read, size, Asset)

    def _tell(self, run: str, data: dict[str, Any]) -> None:
        if run in self.record.open_runs():
            self.record.add(run, "asset", datetime.now(UTC), None, data)


def found(folder: Path, since: int) -> dict[str, Seen]:
    """The files below a folder, by path: no links, nothing hidden, nothing from before `since`."""
    files = {}
    for path, entry in walk(folder, ""):
        # One that has gone since the folder was read, as files that are renamed when they are whole, is none.
        with suppress(OSError):
            status = entry.stat(follow_symlinks=False)
            if stat.S_ISREG(status.st_mode) and status.st_mtime_ns >= since:
                files[path] = Seen(status.st_mtime_ns, status.st_size)
    return files


def walk(folder: Path, prefix: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """All entries below a folder that are no folders, each with its path."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        # It is not there, or has just gone.
        return
    for entry in entries:
        if entry.name.startswith(".") or entry.name in LEFT_OUT:
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from walk(Path(entry.path), f"{prefix}{entry.name}/")
        else:
            yield prefix + entry.name, entry


def no_links(path: str, flags: int) -> int:
    """Open a file itself: a link that took its place meanwhile leads elsewhere."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC)
