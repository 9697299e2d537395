"""Where a local server's files are: no two users, and no two servers of one, ever share a folder."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from msgspec import Struct

LONGEST = 120
# The images' user and group, whose the homes of containers are.
OWNER = 1000


def folder(name: str) -> str:
    """A folder name for any name: itself where that is safe; different for different names.

    Everything but `A-Z a-z 0-9 - _ ~` and inner dots is written as `%XX`; of long names a hash follows
    `%%`, which no short name holds.
    """
    safe = quote(name, safe="")
    if safe.startswith("."):
        safe = "%2E" + safe[1:]
    if len(safe) <= LONGEST:
        return safe
    return f"{safe[:LONGEST]}%%{hashlib.sha256(name.encode()).hexdigest()}"


class Home(Struct, frozen=True):
    """A user's home, and the folder of one of the user's servers in it."""

    path: Path
    server: str

    @property
    def server_path(self) -> Path:
        """What belongs to this server alone."""
        return self.path / ".mlabs" / "servers" / folder(self.server)

    def layer(self, environment: str) -> Path:
        """The user's own layer over an environment."""
        return self.path / ".mlabs" / "environments" / environment

    @property
    def log(self) -> Path:
        """What the server writes."""
        return self.server_path / "server.log"

    def variables(self) -> dict[str, str]:
        """The variables by which Jupyter finds these folders."""
        return {
            "HOME": str(self.path),
            "JUPYTERHUB_ROOT_DIR": str(self.path),
            "JUPYTER_RUNTIME_DIR": str(self.server_path / "runtime"),
            "JUPYTERLAB_WORKSPACES_DIR": str(self.server_path / "workspaces"),
        }

    def make(self) -> None:
        """Make the folders, readable by nobody else."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in ("runtime", "workspaces"):
            (self.server_path / name).mkdir(mode=0o700, parents=True, exist_ok=True)

    def open_log(self) -> BinaryIO:
        """The log of a new start; the last one is kept beside it."""
        if self.log.exists():
            self.log.rename(self.log.with_suffix(".log.1"))
        return self.log.open("wb")

    def last_words(self, lines: int = 8) -> str:
        """The end of the log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
