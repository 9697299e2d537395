"""A data directory as backups see it: what of it they hold, and where databases and blobs are."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from traitlets.config.loader import Config

from mlabs_ext import last_backup
from mlabs_ext.errors import BadInput, Forbidden, NotFound
from mlabs_ext.service.blobs import Blobs
from mlabs_ext.service.store import Store
from mlabs_ext.up.data import DataDir
from mlabs_ext.up.settings import read

SERVICE, HUB, SETTINGS = "mlabs.sqlite", "hub.sqlite", "mlabs_config.py"
# Where a restore unpacks.
RESTORING = ".restoring"
# Copied as they are: what nobody could make again.
FILES = ("secrets", "ledger", "gpu-times.json")
# Of users, also large.
HOMES = ("users", "volumes")
# Found elsewhere in a backup, made again when needed, or true of this start only.
OTHERS = {"blobs", "renders", "previews", "mounts", "uploads", "environments", "leases", "logs"}
OTHERS |= {"images.json", "ports.json", "proxy.pid", "up.lock", "jupyterhub.pid", RESTORING}
OTHERS |= {"images.lock", "wheels", last_backup.FOLDER}
# Names the containers of one directory: two with the same would take each other's away.
NOT_COPIED = {"secrets/prefix"}
TAILS = ("", "-wal", "-shm", "-journal", ".moved")


class Place:
    """The data directory `data`, with the settings that hold for it; `settings` is their file, or empty."""

    def __init__(self, data: DataDir, settings: str):
        self.data, self.settings = data, settings
        self.config = read(settings) if settings else Config()

    @classmethod
    def of(cls, path: str | None, environ: Mapping[str, str] = os.environ) -> Place:
        """The directory that is named, else the one that `mlabs up` takes; it has to be one's own."""
        data = DataDir(path) if path else DataDir.of(environ)
        if not data.path.is_dir():
            raise NotFound(f"{data.path} is no data directory: name one with --data.", "data_not_found")
        if os.geteuid() not in (0, data.path.stat().st_uid):
            reason = f"{data.path} belongs to somebody else: do this as the user that MLabs runs as."
            raise Forbidden(reason, "data_of_others")
        return cls(data, data.settings(environ))

    @property
    def url(self) -> str:
        """The service's database, as the settings say."""
        return str(self.config.get("Store", {}).get("url") or "")

    def store(self) -> Store:
        """The service's database. A file is not made: NotFound where there is none."""
        if not self.url and not (self.data / SERVICE).exists():
            raise NotFound(
                f"There is no {SERVICE} in {self.data.path}: MLabs never ran on it.", "data_not_found"
            )
        return opened(str(self.data.path), self.config)

    def blobs(self) -> Blobs:
        """The blobs."""
        return Blobs.of(self.data.path, self.config)

    def blobs_elsewhere(self) -> bool:
        """Whether the blobs are not in the folder `blobs` of the directory."""
        own = self.config.get("Blobs", {})
        return bool(own.get("url")) or self.blobs().directory != str(self.data / "blobs")

    def hub(self) -> str:
        """The address of the hub's database where the settings name one elsewhere, else empty."""
        url = str(self.config.get("JupyterHub", {}).get("db_url") or "")
        return "" if url == f"sqlite:///{self.data / HUB}" else url

    def homes(self) -> list[tuple[str, Path]]:
        """The folders of homes, by their names in a backup."""
        named = {"users": "LocalSpawner", "volumes": "DockerLabSpawner"}
        found = []
        for name in HOMES:
            folder = self.config.get(named[name], {}).get("homes") or self.data / name
            found.append((name, Path(str(folder))))
        return [(name, folder) for name, folder in found if folder.is_dir()]

    def homes_elsewhere(self) -> list[tuple[str, Path]]:
        """The folders of homes that are not below the directory."""
        return [(name, folder) for name, folder in self.homes() if folder != self.data / name]

    def files(self) -> list[Path]:
        """The databases that are files of SQLite."""
        named = self.url.removeprefix("sqlite:///") if self.url.startswith("sqlite") else ""
        service = [] if self.url and not named else [Path(named) if named else self.data / SERVICE]
        hub = [] if self.hub() else [self.data / HUB]
        return [file for file in (*service, *hub) if file.exists()]

    def strangers(self) -> list[str]:
        """What else lies in the directory."""
        databases = {f"{name}{tail}" for name in (SERVICE, HUB) for tail in TAILS}
        known = {*FILES, *HOMES, *OTHERS, *databases, SETTINGS}
        return sorted({entry.name for entry in self.data.path.iterdir()} - known)


def opened(directory: str, config: Any = None, url: str = "") -> Store:
    """A database; BadInput where its address or its driver is wrong."""
    config = Config({"Store": (config or {}).get("Store", {})})
    if url:
        config.Store.url = url
    try:
        return Store(config=config, directory=directory)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        reason = f"The database {config.Store.url} cannot be used: {error} For PostgreSQL: "
        raise BadInput(f'{reason}pip install "psycopg[binary]".', "setting_invalid") from error
