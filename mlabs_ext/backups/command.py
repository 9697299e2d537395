"""`mlabs backup`, `restore`, `check` and `move`: does what is asked, and says what was done."""

from __future__ import annotations

import argparse
import io
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from mlabs_ext import last_backup
from mlabs_ext.backups import move as moving
from mlabs_ext.backups import repair as mending
from mlabs_ext.backups import restore as restoring
from mlabs_ext.backups.backup import Backup
from mlabs_ext.backups.check import Check, Report
from mlabs_ext.backups.manifest import HUB_ELSEWHERE, NOT_OURS, Manifest
from mlabs_ext.backups.places import HUB, Place
from mlabs_ext.errors import Full, MLabsError
from mlabs_ext.last_backup import LastBackup
from mlabs_ext.service.sizes import spoken
from mlabs_ext.up.data import DataDir
from mlabs_images.progress import Progress

NO_SPACE = 28
SHOWN = 20
ELSEWHERE = f"Not in it: {HUB_ELSEWHERE}. Keep it with that database's own tools."


def run(options: argparse.Namespace) -> int:
    """Do what is asked; the exit status. What is interrupted leaves nothing half done."""
    does: dict[str, Callable[[argparse.Namespace], int]] = {
        "backup": backup, "restore": restore, "check": check, "move": move
    }  # fmt: skip
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Also where whoever began this ignores Ctrl-C, as shells do for what is in the background.
        signal.signal(number, signal.default_int_handler)
    try:
        return does[options.what](options)
    except KeyboardInterrupt:
        print("\nStopped. Nothing was changed.", file=sys.stderr)
        return 1
    except OSError as error:
        kind = Full if error.errno == NO_SPACE else MLabsError
        where = f"{error.filename}: " if error.filename else ""
        raise kind(f"{where}{error.strerror or error}. Nothing was changed.", "file_unusable") from error


def shown() -> Progress:
    """How far it is, on a terminal; where nobody looks, as in cron, nothing."""
    return Progress(sys.stderr if sys.stderr.isatty() else io.StringIO())


def backup(options: argparse.Namespace) -> int:
    """Write a backup; 1 where something could not be put into it."""
    place, began = Place.of(options.data), time.time()
    said = Backup(place, not options.without_homes, shown()).write(options.file)
    lacking = said.missing or said.damaged
    status = 1 if lacking or unread(said) else 0
    note(place.data.path, began, whole=not status)
    words = backed_up(said, options.file)
    if options.file == "-":
        print(encoded(said) if options.json else words, file=sys.stderr)
    else:
        print(encoded(said) if options.json else words)
    for name in said.left_out[:SHOWN]:
        print(ELSEWHERE if name == HUB_ELSEWHERE else f"Left out: {name}", file=sys.stderr)
    if lacking:
        number = len(said.missing) + len(said.damaged)
        print(f"{number} files that labs name were missing or damaged already: mlabs check", file=sys.stderr)
    return status


def note(data: Path, began: float, whole: bool) -> None:
    """Let `mlabs doctor` and the metrics know of it; the backup is none the worse where that fails."""
    ended = time.time()
    try:
        last_backup.note(data, LastBackup(ended, ended - began, whole))
    except OSError as error:
        print(f"Not noted for `mlabs doctor`: {error.filename}: {error.strerror}", file=sys.stderr)


def unread(said: Manifest) -> bool:
    """Whether something that belongs into a backup could not be read."""
    return any(name != HUB_ELSEWHERE and not name.endswith(NOT_OURS) for name in said.left_out)


def restore(options: argparse.Namespace) -> int:
    """Restore a backup; 1 where what it holds is not whole."""
    data = DataDir(options.data) if options.data else DataDir.of(os.environ)
    said, report = restoring.restore(options.file, data, shown())
    notes = placed(data)
    if options.json:
        print(encoded({"backup": said, "check": report, "notes": notes}))
    else:
        print(f"Restored into {data.path}, as it was at {said.created.isoformat()}. {judged(report)}")
        for note in notes:
            print(note)
    return 0 if report.ok else 1


def placed(data: DataDir) -> list[str]:
    """What the administrator has still to do."""
    place = Place(data, data.settings(os.environ))
    notes = []
    if place.hub() and not (data / HUB).exists():
        notes.append(
            "The hub's database is not in backups: bring back your own of it before you start "
            "(where mlabs-backup.service made the backup, it is hub-DATE.dump beside it)."
        )
    for name, folder in place.homes_elsewhere():
        if (data / name).is_dir() and any((data / name).iterdir()):
            notes.append(f"The settings have homes in {folder}: move what is in {data / name} there.")
    return notes


def check(options: argparse.Namespace) -> int:
    """Look at everything, and mend what is asked; 1 where something is wrong."""
    place = Place.of(options.data)
    report = looked(place, options)
    done = None
    if options.repair is not None and not report.ok:
        done = mending.repair(place, report, options.repair, shown())
        report = looked(place, options)
    if options.json:
        print(encoded({"ok": report.ok, **msgspec.to_builtins(report), "repaired": done}))
    else:
        if done:
            print(f"Put back: {done['blobs']} blobs, the words of {done['labs']} labs.")
        print(judged(report))
    return 0 if report.ok else 1


def looked(place: Place, options: argparse.Namespace) -> Report:
    """One look."""
    store = place.store()
    try:
        return Check(store, place.blobs(), place.files(), shown(), digests=not options.fast).report()
    finally:
        store.close()


def move(options: argparse.Namespace) -> int:
    """Move the database, or the blobs."""
    done = moving.move(Place.of(options.data), options.to, shown())
    if options.json:
        print(encoded(done))
        return 0
    what = f"{done['rows']} rows" if "rows" in done else f"{done['blobs']} blobs ({spoken(done['size'])})"
    print(f"{what} are at {done['to']}, and {done['setting']} says so from now on.")
    print(f"Start MLabs, look, and then delete {done['kept']}.")
    return 0


def backed_up(said: Manifest, file: str) -> str:
    """What is in a backup, for a person."""
    homes = f"{said.homes.count} files of homes ({spoken(said.homes.size)})" if said.homes else "no homes"
    where = "standard output" if file == "-" else file
    databases = ", ".join(name for name in said.parts if name.endswith(".sqlite"))
    blobs = f"{said.blobs.count} blobs ({spoken(said.blobs.size)})"
    care = "It opens every door: keep it as safe as MLabs."
    return f"{where}: {databases}, {blobs}, {homes}, secrets and settings. {care}"


def judged(report: Report) -> str:
    """What a check found, for a person."""
    if report.ok:
        how = "each read and whole" if report.digests else "each there"
        rows = f"{sum(report.rows.values())} rows in {len(report.rows)} tables"
        blobs = f"{report.blobs} blobs ({spoken(report.size)})"
        return f"All is well: {rows}, {blobs}, {how}. {report.unnamed} blobs are nobody's."
    lines = [f"{one.what}: {one.why}.\n  {one.do}" for one in report.problems[:SHOWN]]
    left = len(report.problems) + report.more - SHOWN
    return "\n".join([
        f"{len(report.problems) + report.more} things are wrong:",
        *lines,
        *([f"… and {left} more: --json has them"] if left > 0 else []),
    ])  # fmt: skip


def encoded(said: Any) -> str:
    """As JSON."""
    return json.dumps(msgspec.to_builtins(said), indent=2)
