"""A backup unpacked into an empty folder: only what backups have, where it belongs, to the last byte."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from mlabs_ext.backups import manifest
from mlabs_ext.backups.archive import Entry, Reader, damaged
from mlabs_ext.backups.manifest import HEAD, MANIFEST, Head, Manifest, Part
from mlabs_ext.backups.places import FILES, HOMES, HUB, SERVICE, SETTINGS
from mlabs_ext.errors import Unusable
from mlabs_images.progress import Progress

BLOB = re.compile(r"blobs/([0-9a-f]{2})/([0-9a-f]{62})")


@dataclass
class Unpacked:
    """What came. `wrong` are blobs that were damaged already when they were backed up; they are left out."""

    manifest: Manifest
    wrong: list[str]


@dataclass
class Unpacking:
    """Takes one entry after another."""

    reader: Reader
    folder: Path
    progress: Progress
    parts: dict[str, Part] = field(default_factory=dict)
    blobs: int = 0
    wrong: list[str] = field(default_factory=list)
    links: list[Entry] = field(default_factory=list)
    folders: list[Entry] = field(default_factory=list)

    def take(self, entry: Entry) -> None:
        """Unpack an entry where it belongs."""
        check_name(entry)
        path = self.folder / entry.name
        if entry.kind == "link":
            # Last of all: nothing is ever written through one.
            self.links.append(entry)
        elif entry.kind == "folder":
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.folders.append(entry)
        else:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.file(entry, path)

    def file(self, entry: Entry, path: Path) -> None:
        """Write a file, and hold its digest to its name, or note it for the manifest."""
        seen = hashlib.sha256()
        with open(path, "xb", opener=lambda name, flags: os.open(name, flags | os.O_NOFOLLOW, 0o600)) as file:
            for chunk in self.reader.content():
                seen.update(chunk)
                file.write(chunk)
        blob = BLOB.fullmatch(entry.name)
        if blob:
            self.blobs += 1
            if seen.hexdigest() != blob[1] + blob[2]:
                self.wrong.append(f"sha256:{blob[1]}{blob[2]}")
                path.unlink()
        elif entry.name.startswith(tuple(f"{name}/" for name in HOMES)):
            own(entry, path)
            path.chmod(entry.mode)
            os.utime(path, (entry.time, entry.time))
        else:
            self.parts[entry.name] = Part(entry.size, seen.hexdigest())

    def end(self) -> None:
        """Make the links, and give folders what would have been in the way before."""
        for entry in self.links:
            path = self.folder / entry.name
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.symlink_to(entry.target)
            own(entry, path)
        for entry in reversed(self.folders):
            path = self.folder / entry.name
            own(entry, path)
            path.chmod(entry.mode | 0o700 if entry.name in HOMES else entry.mode)
            os.utime(path, (entry.time, entry.time))


def unpack(file: BinaryIO, folder: Path, check: Callable[[Head], None], progress: Progress) -> Unpacked:
    """Unpack a backup; `check` may refuse what made it. Unusable where it is not what was written."""
    reader = Reader(file)
    entries = iter(reader)
    unpacking = Unpacking(reader, folder, progress)
    head = beginning(entries, reader)
    check(head)
    try:
        for entry in entries:
            if entry.name == MANIFEST:
                said = manifest.manifest(small(entry, reader))
                ended(entries)
                hold(said, unpacking)
                unpacking.end()
                return Unpacked(said, unpacking.wrong)
            unpacking.take(entry)
            if entry.kind == "file":
                progress.report(f"{unpacking.blobs} blobs", 0)
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise Unusable(f"{error.filename} is in the backup twice.", "backup_hostile") from error
    raise damaged("it has no manifest")


def ended(entries: Iterator[Entry]) -> None:
    """Raise Unusable unless nothing follows."""
    for left in entries:
        raise damaged(f"{left.name!r:.100} follows its end")


def beginning(entries: Iterator[Entry], reader: Reader) -> Head:
    """How it begins."""
    try:
        first = next(entries, None)
    except Unusable as error:
        raise Unusable(f"This is no backup of MLabs. {error.message}", "backup_unknown") from error
    if first is None or first.name != HEAD or first.kind != "file":
        raise Unusable("This is no backup of MLabs.", "backup_unknown")
    return manifest.head(small(first, reader))


def small(entry: Entry, reader: Reader) -> bytes:
    """All of what has a sensible size."""
    if entry.kind != "file" or entry.size > manifest.LARGEST:
        raise damaged(f"{entry.name!r:.100} is too large")
    return b"".join(reader.content())


def hold(said: Manifest, found: Unpacking) -> None:
    """Hold what came to what was said of it."""
    if said.sha256 != found.reader.sha256:
        raise damaged("its contents have another digest than when it was written")
    if said.parts != found.parts or said.blobs.count != found.blobs or set(found.wrong) != set(said.damaged):
        raise damaged("its contents are not those that its manifest names")
    if SERVICE not in found.parts:
        raise damaged(f"{SERVICE} is not in it")


def check_name(entry: Entry) -> None:
    """Raise Unusable for a path that leads elsewhere, or that backups do not have."""
    parts = entry.name.split("/")
    root = parts[0]
    plain = all(part not in ("", ".", "..") for part in parts) and "\0" not in entry.name
    if plain and root in HOMES:
        allowed = len(parts) > 1 or entry.kind == "folder"
    elif plain and root in FILES:
        allowed = entry.kind == "file"
    else:
        allowed = entry.kind == "file" and (
            entry.name in (SERVICE, HUB, SETTINGS) or BLOB.fullmatch(entry.name) is not None
        )
    if not allowed or "\0" in entry.target:
        reason = (
            f"The backup has a {entry.kind} {entry.name!r:.200}, which no backup of MLabs has: "
            "it was made to do harm, or is damaged. Nothing was changed."
        )
        raise Unusable(reason, "backup_hostile")


def own(entry: Entry, path: Path) -> None:
    """Give it to whom it belonged, where this process may."""
    if os.geteuid() == 0:
        os.chown(path, entry.user, entry.group, follow_symlinks=False)
