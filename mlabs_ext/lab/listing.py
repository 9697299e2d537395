"""Which files lie below a folder, and what of it cannot be looked into: that is there all the same.

Standard library only: it is loaded before anything else is.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from mlabs_ext.lab.away import Stamp

ARRIVING = ".mlabs-arriving-"


class Listing:
    """Files by their paths, each with its state; `unread`: what the machine does not show, and why."""

    def __init__(self) -> None:
        self.files: dict[str, Stamp] = {}
        self.unread: dict[str, OSError] = {}

    def look(self, file: Path, path: str) -> None:
        """Add the file, or all files below the folder; links, pipes and the like are left out."""
        try:
            status = file.lstat()
            if stat.S_ISREG(status.st_mode) and not file.name.startswith(ARRIVING):
                self.files[path] = stamp_of(status)
            elif stat.S_ISDIR(status.st_mode):
                for one in file.iterdir():
                    self.look(one, f"{path}/{one.name}")
        except FileNotFoundError:
            # It has gone since its folder was read.
            return
        except OSError as error:
            self.unread[path] = error

    def may_have(self, path: str) -> bool:
        """Whether the file is there, or may be."""
        parts = path.split("/")
        above = ("/".join(parts[:end]) for end in range(1, len(parts) + 1))
        return path in self.files or any(one in self.unread for one in above)


def stamp_of(status: os.stat_result) -> Stamp:
    """The state of a file."""
    return [status.st_size, status.st_mtime_ns, status.st_mode & 0o777]
