"""What is put under load: a real `mlabs up`, and what of it can be killed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
from support.processes import hub_process, service_process
from support.up import Up
from support.waiting import until

SETTINGS = """\
c.Traffic.per_address = 0
c.Traffic.per_person = 0
c.MLabsService.sweep_interval = 5
{store}
"""
PROXY = "configurable-http-proxy.mjs"
# A disk of its own for the data: small enough to be filled in a moment.
DISK = "300m"


class Site:
    """`data` is the data directory, `url` the database's, empty for SQLite; `settings` are further ones.

    `arguments` are the command's.
    """

    def __init__(
        self, folder: Path, url: str = "", settings: str = "", arguments: Sequence[str] = (), **environ: str
    ):
        self.folder, self.url = folder, url
        self.data = folder / "data"
        self.data.mkdir(parents=True, exist_ok=True)
        store = f"c.Store.url = {url!r}" if url else ""
        (self.data / "mlabs_config.py").write_text(SETTINGS.format(store=store) + settings)
        self.up = Up(self.data, *arguments, **environ)

    def stop(self) -> None:
        """Stop it with all that it started."""
        status = self.up.stop()
        assert status == 0, self.up.said()

    @property
    def hub(self) -> psutil.Process:
        return until(lambda: self._try(lambda: hub_process(psutil.Process(self.up.process.pid))), 60)

    @property
    def service(self) -> psutil.Process:
        return until(lambda: self._try(lambda: service_process(self.data)), 60)

    @property
    def proxy(self) -> psutil.Process:
        return until(lambda: self._try(self._proxy), 60)

    def _proxy(self) -> psutil.Process | None:
        process = psutil.Process(int((self.data / "proxy.pid").read_text()))
        return process if any(PROXY in part for part in process.cmdline()) else None

    def _try(self, find):
        """The process; None while it is being started again."""
        try:
            return find()
        except (AssertionError, StopIteration, OSError, ValueError, psutil.Error):
            return None


@contextmanager
def disk(folder: Path, size: str = DISK) -> Iterator[Path]:
    """A small disk at `folder`, made of memory; only root can make one."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def may_mount() -> bool:
    """Whether this process can make a disk."""
    return os.geteuid() == 0
