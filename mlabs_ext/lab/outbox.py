"""Keeps recorded runs on disk until the service has them, so that neither a crash nor an outage loses one."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from traitlets import Float, Integer, Unicode
from traitlets.config import LoggingConfigurable

from mlabs_ext.errors import MLabsError
from mlabs_ext.lab import leftovers
from mlabs_ext.lab.journal import Journal, Meta
from mlabs_ext.lab.kept import Kept, Limits
from mlabs_ext.wire import EventType, RunCreate

T = TypeVar("T")
REJECTED_KEPT = 20


class Outbox(LoggingConfigurable):
    """Runs that are not wholly delivered. For the event loop; a thread of its own touches the files."""

    directory = Unicode(
        help="""Folder that recorded runs wait in. Default: `.mlabs/outbox/<server name>` in the server's
        root. Example: `c.Outbox.directory = "/var/spool/mlabs"`."""
    ).tag(config=True)
    max_event_bytes = Integer(
        10_000_000,
        help="""Size of one output above which only a note is recorded in its place. Default: 10 MB.
        Example: `c.Outbox.max_event_bytes = 1_000_000`.""",
    ).tag(config=True)
    max_run_bytes = Integer(
        200_000_000,
        help="""Size of one run's record above which further outputs are left out, with one note that says so.
        Default: 200 MB. Example: `c.Outbox.max_run_bytes = 1_000_000_000`.""",
    ).tag(config=True)
    max_unwritten_bytes = Integer(
        64_000_000,
        help="""Memory for what the disk has not taken yet; above it outputs are left out, with a note.
        Default: 64 MB. Example: `c.Outbox.max_unwritten_bytes = 16_000_000` on small machines.""",
    ).tag(config=True)
    disk_retry = Float(
        5.0,
        help="""Seconds until a failed write to disk is tried again. Default: 5. Example:
        `c.Outbox.disk_retry = 30`.""",
    ).tag(config=True)

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.runs: dict[str, Kept] = {}
        self._thread = ThreadPoolExecutor(1, "mlabs-outbox")
        self._writing: asyncio.Task[None] | None = None
        self._unwritten = 0
        self._written: list[Callable[[], None]] = []
        self._own, self._lock = leftovers.claim(Path(self.directory))

    def on_written(self, callback: Callable[[], None]) -> None:
        """Call `callback` whenever more is on disk and may be delivered."""
        self._written.append(callback)

    async def adopt(self) -> None:
        """Take over what processes that are gone have left."""
        found = await self._in_thread(leftovers.adopt, Path(self.directory), self._own)
        for kept in found:
            self.runs[kept.create.id] = kept
        if found:
            self.log.info("MLabs: %d recorded runs of an earlier server wait for delivery", len(found))
            self._tell_written()

    def start(self, create: RunCreate, path: str) -> None:
        """Begin to keep a run; it reaches the disk with its first events."""
        self.runs[create.id] = Kept(create, path, Journal(self._own / create.id))

    def add(self, run: str, kind: EventType, time: datetime, cell: str | None, data: dict[str, Any]) -> None:
        """Take an event of a run; nothing waits for anything here. `commit` follows soon."""
        if (kept := self.runs.get(run)) and not kept.given_up:
            kept.add(kind, time, cell, data)

    def commit(self) -> None:
        """Number what was added and have it written in the background."""
        limits = Limits(self.max_event_bytes, self.max_run_bytes)
        for kept in self.runs.values():
            if kept.waiting:
                self._unwritten += kept.number(limits, self._unwritten > self.max_unwritten_bytes)
        if self._writing is None and any(kept.lines for kept in self.runs.values()):
            self._writing = asyncio.create_task(self._write())
            self._writing.add_done_callback(self._writing_ended)

    async def settle(self) -> None:
        """Return when all that was added is on disk, or writing has failed once."""
        self.commit()
        if self._writing is not None:
            await asyncio.wait([self._writing], timeout=self.disk_retry)

    async def batch(self, kept: Kept) -> list[bytes]:
        """The next lines for the service."""
        if not kept.stored or kept.acknowledged >= kept.durable:
            return []
        return await self._in_thread(kept.journal.read, kept.acknowledged)

    async def acknowledge(self, kept: Kept, upto: int) -> None:
        """Note what the service has; delete what is not needed any more."""
        kept.acknowledged = upto
        if kept.ended and kept.delivered:
            self.runs.pop(kept.create.id, None)
            await self._in_thread(kept.journal.remove)
        else:
            await self._in_thread(kept.journal.forget, upto)

    async def reject(self, kept: Kept, error: MLabsError) -> None:
        """Put a run aside that the service will never take, with the reason."""
        kept.given_up = True
        self.runs.pop(kept.create.id, None)
        aside = Path(self.directory) / leftovers.REJECTED
        self.log.warning(
            "MLabs: run %s of %s is put aside in %s: %s",
            kept.create.id,
            kept.create.lab,
            aside,
            error.message,
        )
        await self._in_thread(put_aside, kept.journal, aside, error)

    async def close(self) -> None:
        """Write what is left and let go of the folder."""
        await self.settle()
        await self._in_thread(close_all, [kept.journal for kept in self.runs.values()])
        if not self.runs:
            await self._in_thread(shutil.rmtree, self._own, True)
        self._thread.shutdown()
        os.close(self._lock)

    async def _write(self) -> None:
        while batch := [kept for kept in self.runs.values() if kept.lines]:
            pending = [(kept, kept.lines) for kept in batch]
            for kept, _ in pending:
                kept.lines = []
            failed = await self._in_thread(write, pending)
            self._unwritten = sum(len(line) for kept in self.runs.values() for line in kept.lines)
            self._tell_written()
            if failed is not None:
                self.log.error("MLabs: recorded runs cannot be written to %s: %s", self.directory, failed)
                await asyncio.sleep(self.disk_retry)

    def _writing_ended(self, task: asyncio.Task[None]) -> None:
        self._writing = None
        if not task.cancelled() and (error := task.exception()):
            self.log.error("MLabs: the outbox failed", exc_info=error)

    def _tell_written(self) -> None:
        for callback in self._written:
            callback()

    async def _in_thread(self, work: Callable[..., T], *args: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *args)


def write(pending: list[tuple[Kept, list[bytes]]]) -> OSError | None:
    """Write lines of runs. What cannot be written goes back to the run; the first reason is returned."""
    failed: OSError | None = None
    for kept, lines in pending:
        first = kept.durable + 1
        try:
            if not kept.stored:
                kept.journal.create(Meta(kept.create, kept.path))
                kept.stored = True
            kept.journal.append(first, lines)
            if kept.ended:
                kept.journal.close()
        except FileNotFoundError as error:
            failed, kept.stored = failed or error, False  # somebody deleted the folder: make it again
        except OSError as error:
            failed = failed or error
        kept.durable = kept.journal.next - 1
        kept.lines[:0] = lines[kept.durable + 1 - first :]
    return failed


def put_aside(journal: Journal, aside: Path, error: MLabsError) -> None:
    """Move a run's files to `aside`, where the newest few are kept."""
    journal.close()
    aside.mkdir(parents=True, exist_ok=True)
    if journal.directory.exists():
        reason = {"time": datetime.now(UTC), **error.body()}
        (journal.directory / "reason.json").write_bytes(msgspec.json.encode(reason))
        journal.directory.rename(aside / journal.directory.name)
    for old in sorted(aside.iterdir())[:-REJECTED_KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def close_all(journals: list[Journal]) -> None:
    """Close files."""
    for journal in journals:
        journal.close()
