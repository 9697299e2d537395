"""The real server of labs' files, as JupyterHub starts it, with the hub's own leases."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from mlabs_spawner.leases import Lease, Leases
from support.waiting import free_port, until


class FileServer:
    """It serves the homes in `folder`; `lease` lets a server have its files."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.homes = folder / "homes"
        self.leases = Leases(folder / "leases")
        self.url = f"http://127.0.0.1:{free_port()}/services/mlabs-files/"

    def home(self, user: str) -> Path:
        """The home of somebody."""
        made = self.homes / user
        made.mkdir(parents=True, exist_ok=True)
        return made

    def lease(self, user: str, lab: str, most: int = 1 << 30) -> str:
        """The token of the lab's server."""
        return self.leases.grant(
            f"mlabs-{user}-{lab}", Lease(str(self.home(user)), [lab, ".mlabs/outbox"], most)
        )

    def ask(self, token: str) -> httpx.Client:
        """A client of that lease."""
        return httpx.Client(base_url=self.url, headers={"Authorization": f"token {token}"}, timeout=30)


@contextmanager
def serving(folder: Path) -> Iterator[FileServer]:
    """It, running."""
    made = FileServer(folder)
    own = {
        "MLABS_DATA": str(folder),
        "JUPYTERHUB_SERVICE_URL": made.url.partition("/services")[0],
        "JUPYTERHUB_SERVICE_PREFIX": "/services/mlabs-files/",
    }
    process = subprocess.Popen([sys.executable, "-m", "mlabs_spawner.file_server"], env={**os.environ, **own})
    try:
        until(lambda: answers(made.url))
        yield made
    finally:
        process.terminate()
        assert process.wait(10) == 0


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}index").status_code == 403
    except httpx.TransportError:
        return False
