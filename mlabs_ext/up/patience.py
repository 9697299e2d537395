"""How long a start of MLabs may take: much longer while its service is at work, with tables to change."""

from __future__ import annotations

import time

from mlabs_ext.up import processes
from mlabs_ext.up.hub import Hub

READY_WITHIN = 120.0
# JupyterHub waits for its service as long.
AT_WORK_WITHIN = 600.0
SERVICE = " -m mlabs_ext.quick mlabs_ext.service "
# It has the service's command among its words, and lives on where that has ended.
KEEPER = " mlabs_ext.up.keeper "


class Patience:
    """With one start of this hub."""

    def __init__(self, hub: Hub):
        self.hub = hub
        self.began = self.since = time.monotonic()

    @property
    def waited(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.began

    def over(self) -> bool:
        """Whether the start has failed, as it is not ready yet."""
        if time.monotonic() - self.since > READY_WITHIN and at_work(self.hub):
            # What comes after that has as long as ever.
            self.since = time.monotonic()
        return time.monotonic() - self.since > READY_WITHIN or self.waited > AT_WORK_WITHIN


def at_work(hub: Hub) -> bool:
    """Whether the service's process runs, and does not answer yet."""
    return service_lives() and not hub.serves()


def service_lives() -> bool:
    """Whether the service's process runs below this one; where nobody can tell, JupyterHub looks after it."""
    if not processes.LINUX:
        return True
    commands = map(processes.command_line, processes.descendants())
    return any(SERVICE in command and KEEPER not in command for command in commands)
