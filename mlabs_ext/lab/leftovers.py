"""Takes over what a killed server left in the outbox, and ends its runs as lost."""

from __future__ import annotations

import fcntl
import os
import shutil
from datetime import datetime
from pathlib import Path

import msgspec
from ulid import ULID

from mlabs_ext.lab.journal import Journal
from mlabs_ext.lab.kept import Kept
from mlabs_ext.wire import RunEvent

LOCK = "lock"
REJECTED = "rejected"


def claim(outbox: Path) -> tuple[Path, int]:
    """Make this process's own folder in the outbox, locked for as long as the process lives."""
    own = outbox / str(ULID())
    own.mkdir(parents=True, mode=0o700)
    lock = locked(own)
    if lock is None:
        raise FileExistsError(f"{own} belongs to another process")
    return own, lock


def locked(folder: Path) -> int | None:
    """The descriptor that holds the folder's lock, or None where a living process holds it."""
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


def adopt(outbox: Path, own: Path) -> list[Kept]:
    """Move the runs of processes that are gone into `own`, oldest first. Blocks."""
    adopted = []
    for folder in sorted(outbox.iterdir()):
        if folder == own or folder.name == REJECTED or not folder.is_dir():
            continue
        lock = locked(folder)
        if lock is None:
            continue
        adopted += [
            kept for run in sorted(folder.iterdir()) if run.is_dir() and (kept := take(run, own / run.name))
        ]
        shutil.rmtree(folder)
        os.close(lock)
    return adopted


def take(run: Path, to: Path) -> Kept | None:
    """Move one run and read what it says; None where nothing had been written."""
    run.rename(to)
    journal = Journal(to)
    meta = journal.load()
    if meta is None:
        journal.remove()
        return None
    kept = Kept(meta.run, meta.path, journal)
    replay(kept)
    return kept


def replay(kept: Kept) -> None:
    """Bring `kept` to where its journal is, and end it there if nothing else did."""
    journal = kept.journal
    for line in journal.events():
        kept.summary.add(msgspec.json.decode(line, type=RunEvent))
        kept.bytes += len(line)
    first = journal.segments[0].first if journal.segments else 1
    if not kept.ended:
        end = RunEvent(journal.next, "end", last_time(kept), None, {"status": "lost"})
        journal.append(journal.next, [msgspec.json.encode(end)])
        kept.summary.add(end)
    journal.close()
    kept.partial = first > 1
    kept.stored, kept.acknowledged = True, first - 1
    kept.next, kept.durable = journal.next, journal.next - 1


def last_time(kept: Kept) -> datetime:
    """When the run was last seen alive."""
    return kept.summary.last or kept.create.started
