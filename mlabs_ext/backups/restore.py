"""`mlabs restore`: a backup into an empty place, whole or not at all.

All of it is unpacked into a folder of its own there and looked at first; then what belongs into PostgreSQL
or S3 goes there, and the files get their places last.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mlabs_ext.backups import sqlite, words
from mlabs_ext.backups.check import Check, Report
from mlabs_ext.backups.manifest import Head, Manifest, newer
from mlabs_ext.backups.places import HUB, RESTORING, SERVICE, SETTINGS, Place, opened
from mlabs_ext.backups.source import source
from mlabs_ext.backups.transfer import into, send
from mlabs_ext.backups.unpacking import unpack
from mlabs_ext.errors import BadInput, Conflict
from mlabs_ext.service.blobs import Blobs
from mlabs_ext.service.folders import sync_folder
from mlabs_ext.service.migrations import revisions
from mlabs_ext.service.store import Store, translated
from mlabs_ext.up.data import Busy, DataDir
from mlabs_images.progress import Progress

LEFT = "{path} is not empty: an interrupted restore is in it. Delete the directory, and restore again."
NOT_EMPTY = """\
{path} is not empty: a backup is restored into a directory that is empty or not there. Nothing was changed."""


def restore(file: str, data: DataDir, progress: Progress) -> tuple[Manifest, Report]:
    """Restore a backup; what is in it, and what the check of it found."""
    with source(file) as archive, staged(data) as staging, translated():
        progress.begin("unpack")
        found = unpack(archive, staging, known, progress)
        progress.end(f"{found.manifest.blobs.count} blobs")
        place = Place(data, settings(data, staging))
        store = prepared(staging, progress)
        try:
            report = checked(store, staging, progress)
            deliver(store, place, staging, progress)
        finally:
            store.close()
        settle(staging, data.path)
    return found.manifest, report


def known(head: Head) -> None:
    """Raise Unusable for a backup of a newer MLabs."""
    if head.revision not in revisions():
        raise newer(head)


@contextmanager
def staged(data: DataDir) -> Iterator[Path]:
    """The folder to unpack into; where the restore fails, all is as it was before."""
    path, there = data.path, data.path.is_dir()
    if there and any(path.iterdir()):
        left = (path / RESTORING).exists()
        raise Conflict((LEFT if left else NOT_EMPTY).format(path=path), "data_not_empty")
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        (path / RESTORING).mkdir(mode=0o700)
    except OSError as error:
        raise BadInput(f"{path} cannot be used: {error.strerror}.", "data_unusable") from error
    try:
        with data.locked():
            yield path / RESTORING
    except Busy as busy:
        raise Conflict(f"MLabs uses this data directory ({busy}).", "data_in_use") from busy
    except BaseException:
        shutil.rmtree(path / RESTORING, ignore_errors=True)
        (path / "up.lock").unlink(missing_ok=True)
        if not there:
            with suppress(OSError):
                path.rmdir()
        raise


def settings(data: DataDir, staging: Path) -> str:
    """The settings that will hold: those that MLABS_CONFIG names, else the backup's own."""
    own = staging / SETTINGS
    return data.settings(os.environ) or (str(own) if own.exists() else "")


def prepared(staging: Path, progress: Progress) -> Store:
    """The unpacked database, brought to this version."""
    progress.begin("database")
    if (staging / HUB).exists():
        sqlite.forget_servers(staging / HUB)
    store = opened(str(staging))
    store.migrate()
    with store.write() as session:
        words.fill(session, progress.report)
    progress.end("is of this version")
    return store


def checked(store: Store, staging: Path, progress: Progress) -> Report:
    """What is wrong with it; the digests of blobs were looked at as they came."""
    files = [file for file in (staging / SERVICE, staging / HUB) if file.exists()]
    blobs = Blobs(directory=str(staging / "blobs"))
    return Check(store, blobs, files, progress, digests=False).report()


def deliver(store: Store, place: Place, staging: Path, progress: Progress) -> None:
    """Bring to another database, or another place of blobs, what the settings have there."""
    if place.blobs_elsewhere():
        target = Place(DataDir(staging), place.settings).blobs()
        send(Blobs(directory=str(staging / "blobs")), target, progress)
        shutil.rmtree(staging / "blobs")
    if place.url and place.url != f"sqlite:///{place.data / SERVICE}":
        with store.engine.connect() as rows, rows.begin():
            into(rows, opened(str(staging), place.config), progress)
        store.close()
        for file in staging.glob(f"{SERVICE}*"):
            file.unlink()


def settle(staging: Path, path: Path) -> None:
    """Give all its place. The database comes last: nothing starts on a half of it unnoticed."""
    on_disk(staging)
    for name in sorted((one.name for one in staging.iterdir()), key=lambda name: (name == SERVICE, name)):
        (staging / name).rename(path / name)
    staging.rmdir()
    sync_folder(path)


def on_disk(folder: Path) -> None:
    """Have everything in a folder survive a power cut: after the first files the rest mostly is there."""
    for path, _, files, here in os.fwalk(folder):
        for name in files:
            # Files that their owners closed to themselves are as safe as the system makes them.
            with suppress(PermissionError):
                if not Path(path, name).is_symlink():
                    synced(name, here)
        os.fsync(here)


def synced(name: str, folder: int) -> None:
    """Wait until a file of an open folder is on disk."""
    handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=folder)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
