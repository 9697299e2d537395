"""What the last backup of a data directory came to, kept in it for those who watch over it."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

# Of the data directory: a nightly backup may write there, and nowhere else in it.
FOLDER = "backups"
FILE = "last.json"


class LastBackup(msgspec.Struct, frozen=True):
    """When it ended, in seconds since 1970; how many it took; and whether all could be read."""

    ended: float
    seconds: float
    whole: bool


def note(data: Path, said: LastBackup) -> None:
    """Keep it in the data directory; raise OSError where that cannot be written.

    Root makes backups of people's homes, and those who look need not be root.
    """
    folder = data / FOLDER
    folder.mkdir(mode=0o755, exist_ok=True)
    draft = folder / f".{FILE}.{os.getpid()}"
    draft.write_bytes(msgspec.json.encode(said))
    draft.chmod(0o644)
    draft.replace(folder / FILE)


def noted(data: Path) -> LastBackup | None:
    """What is kept there; None where no backup was made, or nobody can tell."""
    try:
        return msgspec.json.decode((data / FOLDER / FILE).read_bytes(), type=LastBackup)
    except (OSError, msgspec.MsgspecError):
        return None
