"""`mlabs move`: the service's database from SQLite to PostgreSQL, or the blobs from a folder to S3."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from mlabs_ext.backups import sqlite
from mlabs_ext.backups.places import SETTINGS, Place, opened
from mlabs_ext.backups.transfer import into, send
from mlabs_ext.errors import BadInput, Conflict, Forbidden
from mlabs_ext.service.blobs import Blobs
from mlabs_ext.service.folders import sync_folder
from mlabs_ext.service.migrations import is_current
from mlabs_ext.up.data import Busy
from mlabs_images.progress import Progress

WRITTEN = "\n# Written by `mlabs move`; what was there before is kept until you delete it.\n"


def move(place: Place, to: str, progress: Progress) -> dict[str, Any]:
    """Move what the address is one for; what was moved. MLabs must not run."""
    settings = Path(place.settings or place.data / SETTINGS)
    if not os.access(settings if settings.exists() else settings.parent, os.W_OK):
        raise Forbidden(
            f"{settings} cannot be written: the new address has to go there.", "setting_unwritable"
        )
    try:
        with place.data.locked():
            if to.startswith("postgresql"):
                return database(place, address(to), settings, progress)
            return blobs(place, to, settings, progress)
    except Busy as busy:
        raise Conflict(
            f"MLabs is up on this data directory ({busy}): stop it first.", "data_in_use"
        ) from busy


def address(to: str) -> URL:
    """An address of PostgreSQL, with the driver that MLabs is tested with."""
    try:
        url = make_url(to)
    except ArgumentError as error:
        raise BadInput(f"{to!r} is no address of a database.", "database_invalid") from error
    return url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url


def database(place: Place, to: URL, settings: Path, progress: Progress) -> dict[str, Any]:
    """Move the database. The old file is kept under another name, so that nothing starts on it by mistake."""
    source = place.store()
    old = Path(source.engine.url.database or "")
    try:
        if not source.is_sqlite:
            raise Conflict(f"The database is at {source.engine.url} already, and no file.", "database_moved")
        if not is_current(source.engine):
            raise Conflict("The database is of another version: start this MLabs on it once.", "data_version")
        source.close()
        with sqlite.alone(old) as held:
            target = opened(str(place.data.path), url=to.render_as_string(hide_password=False))
            sizes = into(held, target, progress)
    finally:
        source.close()
    write(settings, "c.Store.url", to.render_as_string(hide_password=False))
    kept = old.with_name(f"{old.name}.moved")
    old.rename(kept)
    sync_folder(old.parent)
    return {
        "to": str(to),
        "rows": sum(sizes.values()),
        "tables": sizes,
        "setting": str(settings),
        "kept": str(kept),
    }


def blobs(place: Place, to: str, settings: Path, progress: Progress) -> dict[str, Any]:
    """Move the blobs. A start in between finds the old ones, and a second move brings what is new."""
    if place.config.get("Blobs", {}).get("url"):
        raise Conflict(f"Blobs are at {place.config.Blobs.url} already, and in no folder.", "blobs_moved")
    there = {"Blobs": {**place.config.get("Blobs", {}), "url": to}}
    sent, size = send(place.blobs(), Blobs.of(place.data.path, there), progress)
    write(settings, "c.Blobs.url", to)
    return {
        "to": to,
        "blobs": sent,
        "size": size,
        "setting": str(settings),
        "kept": str(place.blobs().directory),
    }


def write(settings: Path, name: str, value: str) -> None:
    """Have the settings say so; what they said before stays, and is not heard. Whole, or not at all."""
    said = settings.read_text(encoding="utf-8") if settings.exists() else ""
    if said and not said.endswith("\n"):
        said += "\n"
    draft = settings.with_name(f".{settings.name}.{os.getpid()}")
    mode = settings.stat().st_mode & 0o777 if settings.exists() else 0o600
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
        file.write(f"{said}{WRITTEN}{name} = {value!r}\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(settings)
    sync_folder(settings.parent)
