"""The datasets of a lab as a folder that its server mounts: links to the files that are kept anyway."""

from __future__ import annotations

import os
import secrets
import shutil
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session
from traitlets import Bool, Integer, Unicode

from mlabs_ext import wire
from mlabs_ext.errors import MLabsError
from mlabs_ext.names import split_lab
from mlabs_ext.service import dataset_rows, lab_data, orm
from mlabs_ext.service.folders import make_folder
from mlabs_ext.service.rules import Rules, collaborator, find_lab, sees
from mlabs_ext.service.servers import Servers
from mlabs_ext.service.viewers import Viewer

READABLE, FOLDER = 0o444, 0o755
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ASKED = 500


class DataMounts(Rules):
    """One folder for each server, `<owner>/<name>/` in it, as the lab uses them when the server starts.

    Only files of this machine can be linked: where blobs are in a store, servers fetch what they use.
    """

    servers: Servers = collaborator("The ledger.")

    enabled = Bool(
        False,
        help="""Whether servers mount the datasets of their lab, rather than fetch them.

        For spawners that mount folders of this machine, or of one that all machines share. Default: False;
        `mlabs up --spawner docker` and Swarm set it. Example:

            c.DataMounts.enabled = True
        """,
    ).tag(config=True)

    directory = Unicode(
        "mounts",
        help="""The folder for them, in the file system of `c.Blobs.directory`: it takes no room of its own.

        Default: `mounts` in the data directory. Example:

            c.DataMounts.directory = "/srv/mlabs/mounts"
        """,
    ).tag(config=True)

    max_files = Integer(
        50_000,
        help="""How many files one server mounts; a lab that uses more has them fetched.

        Default: 50000. Example:

            c.DataMounts.max_files = 200000
        """,
    ).tag(config=True)

    def reserve(self, viewer: Viewer, fields: wire.ServerCreate) -> wire.Grant:
        """A place for a server, with the folder that it is to mount."""
        grant = self.servers.reserve(viewer, fields)
        grant.data = self.folder(fields)
        return grant

    def folder(self, fields: wire.ServerCreate) -> str | None:
        """Where the datasets of a server's lab lie; None where there is nothing to be mounted."""
        if not self.enabled:
            return None
        folder = Path(self.directory, fields.id).absolute()
        try:
            if not folder.is_dir():
                self._make(folder, self._wanted(fields))
        except (OSError, MLabsError) as error:
            # It starts all the same, and fetches them.
            self.log.warning("The datasets of %s are not mounted: %s", fields.lab, error)
        return str(folder) if folder.is_dir() else None

    def _wanted(self, fields: wire.ServerCreate) -> dict[Path, str]:
        """The blob of each file that the lab uses and the server's person may see."""
        groups = tuple(fields.groups)
        # Not as an administrator: what runs there may be somebody else's code.
        viewer = Viewer(name=fields.user, can_read=True, groups=groups)
        wanted: dict[Path, str] = {}
        with self.store.read() as session:
            lab = find_lab(session, viewer, *split_lab(fields.lab))
            for use, dataset in lab_data.used(session, lab):
                number = lab_data.which(session, use, dataset)
                if number and sees(viewer, dataset) and _is_name(dataset.owner):
                    version = dataset_rows.find_version(session, dataset, number)
                    files = dataset_rows.files_of(session, version, self.max_files + 1)
                    place = Path(dataset.owner, dataset.name)
                    wanted.update((place / file.path, file.blob) for file in files)
        return wanted

    def _make(self, folder: Path, wanted: dict[Path, str]) -> None:
        """Have all of it there at once, or nothing."""
        if not wanted or len(wanted) > self.max_files:
            return
        make_folder(folder.parent)
        making = folder.with_name(f".{secrets.token_hex(8)}")
        try:
            _folder(making)
            if all(self._link(blob, making, path) for path, blob in wanted.items()):
                making.rename(folder)
        finally:
            shutil.rmtree(making, ignore_errors=True)

    def _link(self, blob: str, folder: Path, path: Path) -> bool:
        source = self.blobs.local_path(blob)
        if source is None:
            return False
        for parent in reversed(path.parents[:-1]):
            _folder(folder / parent)
        os.link(source, folder / path)
        # Whoever it is in the container; on this machine the folders above are the service's alone.
        source.chmod(READABLE)
        return True

    def sweep(self, now: datetime) -> None:
        """Remove the folders of servers that are no more, and what was begun and never finished."""
        there = [path for path in Path(self.directory).glob("*") if _is_older(path, now - HOUR)]
        for at in range(0, len(there), ASKED):
            some = {path.name: path for path in there[at : at + ASKED]}
            with self.store.read() as session:
                running = _running(session, list(some), now)
            for name in some.keys() - running:
                shutil.rmtree(some[name], ignore_errors=True)


def _is_name(owner: str) -> bool:
    """Whether a folder can be called so; people may be called almost anything."""
    return owner not in (".", "..") and "/" not in owner


def _is_older(path: Path, moment: datetime) -> bool:
    try:
        return path.stat().st_mtime < moment.timestamp()
    except FileNotFoundError:
        return False


def _running(session: Session, ids: list[str], now: datetime) -> set[str]:
    """Those that have not ended; one that only seems to have may be found again."""
    query = select(orm.Server.id).where(orm.Server.id.in_(ids), orm.Server.closed.is_(False))
    return set(session.scalars(query.where(orm.Server.ended.is_(None) | (orm.Server.ended > now - DAY))))


def _folder(path: Path) -> None:
    if not path.is_dir():
        path.mkdir()
        path.chmod(FOLDER)
