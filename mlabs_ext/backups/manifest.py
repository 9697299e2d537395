"""What a backup says of itself: at its start what made it, at its end what is in it and the digest of all."""

from __future__ import annotations

from datetime import datetime

import msgspec

import mlabs_ext
from mlabs_ext.errors import Unusable

HEAD, MANIFEST = "mlabs-backup.json", "manifest.json"
FORMAT = 1
# Bytes of either.
LARGEST = 64 * 1024 * 1024
# What may be left out of a backup that is as it should be.
HUB_ELSEWHERE = "the hub's database, which c.JupyterHub.db_url names"
NOT_OURS = ": not of MLabs"


class Head(msgspec.Struct, kw_only=True):
    """What made it. `revision` is that of the database's tables, `database` the kind that it was."""

    format: int = FORMAT
    mlabs: str = mlabs_ext.__version__
    revision: str
    database: str
    created: datetime


class Amount(msgspec.Struct):
    """How much there is of something; `size` in bytes."""

    count: int = 0
    size: int = 0

    def add(self, size: int) -> None:
        """Count one more."""
        self.count += 1
        self.size += size


class Part(msgspec.Struct):
    """A file whose digest is noted."""

    size: int
    sha256: str


class Manifest(Head, kw_only=True):
    """What is in it.

    `blobs` and `homes` say how much of them, `homes` is null where they were left out; `parts` are databases,
    secrets and settings by their paths. `left_out` are files and databases that could not be read or are
    none of MLabs' own, `missing` and `damaged` are blobs that the data itself lacked. `sha256` is of all
    bytes before this file's own entry.
    """

    blobs: Amount
    homes: Amount | None
    parts: dict[str, Part]
    left_out: list[str]
    missing: list[str]
    damaged: list[str]
    sha256: str


def encoded(said: Head) -> bytes:
    """As it is stored."""
    return msgspec.json.format(msgspec.json.encode(said), indent=1) + b"\n"


def head(data: bytes) -> Head:
    """Read a start; Unusable where it is none, or one of a newer MLabs."""
    try:
        said = msgspec.json.decode(data, type=Head)
    except msgspec.MsgspecError as error:
        raise Unusable(f"This is no backup of MLabs: {error}.", "backup_unknown") from error
    if said.format > FORMAT:
        raise newer(said)
    return said


def manifest(data: bytes) -> Manifest:
    """Read an end."""
    try:
        return msgspec.json.decode(data, type=Manifest)
    except msgspec.MsgspecError as error:
        raise Unusable(f"The backup's manifest cannot be read: {error}.", "backup_damaged") from error


def newer(said: Head) -> Unusable:
    """The error for what this MLabs does not know yet."""
    return Unusable(
        f"The backup was made by MLabs {said.mlabs} (tables {said.revision}), which is newer than this one "
        f"({mlabs_ext.__version__}): install that version, or a later one, and restore with it.",
        "backup_newer",
    )
