"""Files that nobody else on the machine may read, whatever the folder around them allows."""

from __future__ import annotations

import os
from pathlib import Path


def close_to_others(file: Path) -> None:
    """Make an empty file that its owner alone may read, or close one of ours that is there already.

    SQLite gives what it writes beside a database the database's mode.
    """
    os.close(os.open(file, os.O_RDONLY | os.O_CREAT, 0o600))
    if file.stat().st_uid == os.geteuid():
        file.chmod(0o600)
