"""Picks up what a run writes for TensorBoard, so that its charts need no other call."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from msgspec import Struct
from traitlets import Float, Unicode
from traitlets import List as ListTrait
from traitlets.config import LoggingConfigurable

from mlabs_ext.lab import event_files, messages, metric_values
from mlabs_ext.lab.event_files import Scalar
from mlabs_ext.lab.kept import Kept
from mlabs_ext.lab.metric_values import Point, Values
from mlabs_ext.lab.observers import Observer, Record
from mlabs_ext.lab.outbox import Outbox
from mlabs_ext.lab.parts import Part
from mlabs_ext.lab.run_folder import folder_of

MARK = "tfevents"
FILES, DEPTH = 200, 6
# Folders that Keras makes in one for a training: they tell its metrics apart.
PARTS = ("train", "validation")
# Bytes that are read at a time: beside everything else, and while the recorder waits.
PIECE, QUICK = 4 << 20, 128 << 10
# Seconds within which a second look, after the next short cell, finds nothing that cannot wait.
SOON = 0.5


class Followed(Struct):
    """A file, and how much of it has been read."""

    path: Path
    read: int = 0
    broken: bool = False


class TensorBoard(LoggingConfigurable, Observer):
    """Follows the event files below the folder of a notebook that executes."""

    record = Part[Record]()
    outbox = Part[Outbox]()
    root = Unicode(help="The folder that paths of notebooks begin at.")
    interval = Float(
        2.0,
        help="""Seconds between two looks for TensorBoard's event files while a run executes; 0 never looks.
        Default: 2. Example: `c.TensorBoard.interval = 10`.""",
    ).tag(config=True)
    folders = ListTrait(
        Unicode(),
        ["runs", "logs", "lightning_logs", "outputs"],
        help="""Folders beside a notebook that event files are looked for in, at any depth. Default: `runs`,
        `logs`, `lightning_logs`, `outputs`. Example: `c.TensorBoard.folders = ["runs", "experiments"]`.""",
    ).tag(config=True)

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self._files: dict[Path, Followed] = {}
        self._open: dict[str, list[Path]] = {}
        self._lock = Lock()
        self._looked = float("-inf")

    async def watch(self) -> None:
        """Look until cancelled."""
        while self.interval:
            await asyncio.sleep(self.interval)
            for run in self.record.executing():
                self._tell(run, await asyncio.to_thread(self._look, run, PIECE))

    def began(self, run: str, kernel: str) -> None:
        """Its record is open."""
        self._open[run] = []

    def done(self, run: str) -> None:
        """Look once more: what was written until now is this run's."""
        if time.monotonic() - self._looked > SOON:
            self._look_now(run)

    def ending(self, run: str) -> None:
        """Look for the last time: nothing follows the end of a run."""
        self._look_now(run)
        self._open.pop(run, None)

    def _look_now(self, run: str) -> None:
        if self.interval and not self._lock.locked():
            self._looked = time.monotonic()
            self._tell(run, self._look(run, QUICK))

    def _look(self, run: str, most: int) -> list[Point]:
        """The steps that were written since the last look and since the run began, of so many bytes."""
        kept = self.outbox.runs.get(run)
        if kept is None or kept.path is None or run not in self._open:
            return []
        with self._lock:
            return together(self._new(kept, Path(self.root, kept.path), most))

    def _new(self, kept: Kept, notebook: Path, most: int) -> list[Point]:
        batch = kept.create.kind == "batch"
        beside = folder_of(Path(self.root), kept.create.id) if batch else notebook.parent
        since = kept.create.started.timestamp()
        found = [path for folder in self.folders for path in event_files_in(beside / folder, since)][:FILES]
        points: list[Point] = []
        homes = {path.parent for path in found}
        for path in found:
            prefix = self._prefix(kept.create.id, path.parent, homes)
            before = self._files.setdefault(path, Followed(path)).read
            new = [scalar for scalar in self._read(path, most) if scalar.time >= since]
            points += filter(None, (point(scalar, prefix) for scalar in new))
            most -= self._files[path].read - before
        return points

    def _prefix(self, run: str, home: Path, homes: set[Path]) -> str:
        """What names of a writer's folder begin with: nothing for the first, so that runs compare."""
        within = "" if home.name not in PARTS else f"{home.name}/"
        root = home.parent if within else home
        for other in homes:
            if other in home.parents:
                root, within = other, f"{home.relative_to(other).as_posix()}/"
        roots = self._open.get(run, [])
        if root not in roots:
            roots.append(root)
        return within if roots[0] == root else f"{root.name}/{within}"

    def _read(self, path: Path, most: int) -> list[Scalar]:
        followed = self._files[path]
        if followed.broken or most <= 0:
            return []
        try:
            with path.open("rb") as file:
                file.seek(followed.read)
                data = file.read(most)
                whole = os.fstat(file.fileno()).st_size - followed.read
        except OSError as error:
            self.log.debug("MLabs: %s cannot be read: %s", path, error)
            return []
        found, size = event_files.scalars(data)
        followed.broken = size < 0
        followed.read += max(size, 0) or stepped_over(data, whole)
        return found

    def _tell(self, run: str, points: list[Point]) -> None:
        for data in metric_values.events(points if run in self._open else ()):
            self.record.add(run, "metric", datetime.now(UTC), None, data)


def stepped_over(data: bytes, whole: int) -> int:
    """The bytes of a record that is never read at once, a large image; 0 until the file has all of it."""
    if len(data) < PIECE:
        return 0
    size = event_files.size_of_first(data)
    return size if PIECE < size <= whole else 0


def event_files_in(folder: Path, since: float) -> Iterator[Path]:
    """Event files at any depth that were written to since then; links are not followed."""
    for place, folders, files in os.walk(folder):
        if len(Path(place).relative_to(folder).parts) >= DEPTH:
            folders.clear()
        for name in sorted(files):
            path = Path(place, name)
            if MARK in name and not path.is_symlink() and written_since(path, since - 1):
                yield path


def written_since(path: Path, since: float) -> bool:
    """Whether a file was written to since then; not, where it has just gone."""
    try:
        return path.stat().st_mtime >= since
    except OSError:
        return False


def point(scalar: Scalar, prefix: str) -> Point | None:
    """A scalar as a step of its own; None where it has no name, or no time."""
    tag = scalar.tag.replace("\0", "")
    if not tag or not metric_values.is_number(scalar.time):
        return None
    # A folder may have a name that is no text.
    name = messages.text(f"{prefix}{tag}")[: metric_values.NAME_LENGTH]
    return metric_values.whole(scalar.step), scalar.time, {name: metric_values.finite(scalar.value)}


def together(points: list[Point]) -> list[Point]:
    """Steps in the order of time, those of the same step made one, as far as it may have so many names."""
    joined: list[Point] = []
    for step, at, values in sorted(points, key=lambda one: one[1]):
        if joined and joined[-1][0] == step and fits(joined[-1][2], values):
            joined[-1][2].update(values)
        else:
            joined.append((step, at, values))
    return joined


def fits(first: Values, second: Values) -> bool:
    """Whether one step can hold both."""
    return not first.keys() & second.keys() and len(first) + len(second) <= metric_values.NAMES
