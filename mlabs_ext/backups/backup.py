"""`mlabs backup`: all of a data directory into one file, while MLabs runs or not.

The database comes first, and then the blobs that it names as it was copied: they are written before the rows
that name them, and collected a day after the last is gone at the earliest, see `collection.py`.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Engine

from mlabs_ext.backups import homes, manifest, named, rows, sqlite
from mlabs_ext.backups.archive import Entry, Writer
from mlabs_ext.backups.making import made
from mlabs_ext.backups.manifest import HUB_ELSEWHERE, NOT_OURS, Amount, Head, Manifest, Part
from mlabs_ext.backups.places import FILES, HUB, NOT_COPIED, SERVICE, SETTINGS, Place
from mlabs_ext.errors import NotFound, Unusable
from mlabs_ext.service.blobs import DIGEST, Blobs
from mlabs_ext.service.migrations import revision_of, revisions, upgrade_within
from mlabs_ext.service.store import make_engine, translated
from mlabs_images.progress import Progress


class Backup:
    """One backup of a place, on its way into an archive."""

    def __init__(self, place: Place, with_homes: bool, progress: Progress):
        self.place, self.with_homes, self.progress = place, with_homes, progress
        self.parts: dict[str, Part] = {}
        self.left_out: list[str] = []
        self.missing: list[str] = []
        self.damaged: list[str] = []

    def write(self, file: str) -> Manifest:
        """Write it all."""
        with made(file) as (opened, folder), translated():
            self.writer = Writer(opened)
            head = self.databases(folder)
            blobs = self.blobs(self.digests(folder / SERVICE))
            self.settings()
            people = self.homes() if self.with_homes else None
            self.left_out += [f"{name}{NOT_OURS}" for name in self.place.strangers()]
            said = Manifest(
                **{name: getattr(head, name) for name in head.__struct_fields__}, blobs=blobs, homes=people,
                parts=self.parts, left_out=self.left_out, missing=self.missing, damaged=self.damaged,
                sha256=self.writer.sha256,
            )  # fmt: skip
            self.note(manifest.MANIFEST, manifest.encoded(said))
            self.writer.end()
        return said

    def databases(self, folder: Path) -> Head:
        """Copy them, the service's first, and begin the archive."""
        self.progress.begin("databases")
        store = self.place.store()
        try:
            if store.is_sqlite:
                sqlite.copy(Path(store.engine.url.database or ""), folder / SERVICE, self.tell(SERVICE))
            else:
                copy_rows(store.engine, folder / SERVICE, self.progress.report)
            revision = known(sqlite.reading(folder / SERVICE, revision_of))
            head = Head(revision=revision, database=store.engine.dialect.name, created=now())
        finally:
            store.close()
        self.note(manifest.HEAD, manifest.encoded(head))
        self.part(SERVICE, folder / SERVICE)
        if self.place.hub():
            self.left_out.append(HUB_ELSEWHERE)
        elif (self.place.data / HUB).exists():
            sqlite.copy(self.place.data / HUB, folder / HUB, self.tell(HUB))
            self.part(HUB, folder / HUB)
        self.progress.end(" and ".join(self.parts))
        return head

    def digests(self, file: Path) -> list[str]:
        """The blobs that the copied database names."""
        found = sqlite.reading(file, lambda connection: {one.digest for one in named.named(connection)})
        return sorted(digest for digest in found if DIGEST.fullmatch(digest))

    def blobs(self, digests: list[str]) -> Amount:
        """Copy them; those that are not there, or are not what their names say, are noted."""
        self.progress.begin("blobs")
        kept, found = self.place.blobs(), Amount()
        for number, digest in enumerate(digests, 1):
            try:
                found.add(self.blob(kept, digest))
            except NotFound:
                self.missing.append(digest)
            self.progress.report(f"{number} of {len(digests)}", 100 * number // len(digests))
        self.progress.end(f"{found.count} blobs")
        return found

    def blob(self, kept: Blobs, digest: str) -> int:
        """Copy one; its size."""
        size, seen = kept.size(digest), hashlib.sha256()
        with kept.open(digest) as opened:

            def chunks() -> Iterator[bytes]:
                for chunk in readable(opened, unread):
                    seen.update(chunk)
                    yield chunk

            unread: list[str] = []
            self.writer.add(Entry(blob_name(digest), size=size, time=epoch()), chunks())
        if f"sha256:{seen.hexdigest()}" != digest:
            self.damaged.append(digest)
        return size

    def settings(self) -> None:
        """Secrets, the file of settings, and what the hub has still to tell."""
        for name in FILES:
            path = self.place.data / name
            for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
                inside = str(file.relative_to(self.place.data.path))
                if file.is_file() and not file.is_symlink() and inside not in NOT_COPIED:
                    self.small(inside, file)
        if self.place.settings:
            self.small(SETTINGS, Path(self.place.settings))

    def homes(self) -> Amount:
        """The homes, wherever the settings have them."""
        found, roots = Amount(), self.place.homes()
        self.progress.begin("homes")
        for name, root in roots:
            people = max(sum(1 for _ in root.iterdir()), 1)
            seen = 0
            for entry, opened in homes.walk(root, name, self.left_out):
                seen += entry.kind == "folder" and entry.name.count("/") == 1
                unread: list[str] = []
                self.writer.add(entry, readable(opened, unread) if opened else ())
                self.left_out += [f"{root.parent / entry.name}: {why}" for why in unread]
                if entry.kind == "file":
                    found.add(entry.size)
                self.progress.report(entry.name, min(100 * seen // people, 99))
        self.progress.end(f"{found.count} files")
        return found

    def small(self, name: str, file: Path) -> None:
        """A file as it is, with its digest; one that has just gone is not there."""
        try:
            data = file.read_bytes()
        except FileNotFoundError:
            return
        except OSError as error:
            self.left_out.append(f"{name}: {error.strerror}")
            return
        self.note(name, data)
        self.parts[name] = Part(len(data), hashlib.sha256(data).hexdigest())

    def note(self, name: str, data: bytes) -> None:
        """A file with these bytes."""
        self.writer.add(Entry(name, size=len(data), time=epoch()), [data])

    def part(self, name: str, file: Path) -> None:
        """A large file, with its digest; it is needed no longer but for what it names."""
        with file.open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
            size = os.fstat(opened.fileno()).st_size
            opened.seek(0)
            self.writer.add(Entry(name, size=size, time=epoch()), homes.chunks(opened))
        self.parts[name] = Part(size, digest)

    def tell(self, what: str) -> sqlite.Tell:
        """Report of one thing."""
        return lambda percent: self.progress.report(what, percent)


def copy_rows(source: Engine, file: Path, tell: rows.Tell) -> None:
    """Copy a database of whichever kind into a file of SQLite, as it is at one moment.

    So a backup needs no program of the database's own, which would have to be of its server's version, and
    can be restored into either kind.
    """
    target = make_engine(f"sqlite:///{file}")
    moment = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    try:
        with source.connect().execution_options(**moment) as old, old.begin():
            revision = known(revision_of(old))
            with target.execution_options(write=True).begin() as new:
                upgrade_within(new, revision)
                rows.copy(old, new, tell)
    finally:
        target.dispose()
    sqlite.settle(file)


def readable(file: BinaryIO, unread: list[str]) -> Iterator[bytes]:
    """The bytes of a file, up to where its disk fails: one bad sector keeps nobody else out of a backup."""
    try:
        yield from homes.chunks(file)
    except OSError as error:
        unread.append(f"{error.strerror}, the rest are zeros")


def known(revision: str) -> str:
    """A revision that this version knows: of another it cannot say what blobs are named."""
    if revision not in revisions():
        what = f"has tables of a newer MLabs ({revision})" if revision else "has no tables of MLabs"
        raise Unusable(f"The database {what}: nothing was written.", "data_version")
    return revision


def blob_name(digest: str) -> str:
    """Where a blob lies in an archive, as in a data directory."""
    parts = DIGEST.fullmatch(digest)
    assert parts
    return "/".join(("blobs", *parts.groups()))


def now() -> datetime:
    """The time, in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def epoch() -> int:
    """The same since 1970."""
    return int(now().timestamp())
