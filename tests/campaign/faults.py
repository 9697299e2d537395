"""The faults: how each is done to a site, and what has to work again after it."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path
from typing import Protocol

import psutil
from support.processes import kill, server_process

from campaign.labs import OpenLab, ServerProbe
from campaign.recovery import HubProbe, Probe
from campaign.site import Site

# How often the service has to start on a full disk, and for how long it may try.
KILLED_WHILE_FULL = 0.3
LIMIT = 60.0


class Fault(Protocol):
    """One kind of fault; `wrong` is what did not hold while it lasted."""

    kind: str
    probe: Probe
    wrong: list[str]

    def strike(self, chance: random.Random) -> float:
        """Do it, and take it back where it does not pass by itself; when recovery begins (monotonic)."""


class Kill:
    """kill -9 of one of the site's processes."""

    def __init__(self, kind: str, site: Site, probe: Probe):
        self.kind, self.site, self.probe = kind, site, probe
        self.wrong: list[str] = []

    def strike(self, chance: random.Random) -> float:
        process: psutil.Process = getattr(self.site, self.kind)
        struck = time.monotonic()
        kill(process)
        return struck


class FullDisk:
    """No byte is free in the data directory for some seconds; what was there is read meanwhile.

    So often as `killed` says the service is killed then, and has to start where it cannot write.
    """

    kind = "disk full"

    def __init__(self, site: Site, probe: Probe, killed: float = 0.0):
        self.site, self.probe, self.killed = site, probe, killed
        self.wrong: list[str] = []

    def strike(self, chance: random.Random) -> float:
        filler = self.site.data / "filler"
        try:
            fill(filler)
            if chance.random() < self.killed:
                kill(self.site.service)
                self._comes_back()
            self._read_while(chance.uniform(2, 6), filler)
        finally:
            filler.unlink()
        return time.monotonic()

    def _comes_back(self) -> None:
        since = time.monotonic()
        while not self.probe.anybody_reads():
            if time.monotonic() - since > LIMIT:
                self.wrong.append(f"the service does not start while the disk is full, {time.time():.0f}")
                return
            time.sleep(0.2)

    def _read_while(self, seconds: float, filler: Path) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            fill(filler)
            if not self.probe.anybody_reads():
                self.wrong.append(f"old data could not be read while the disk was full, {time.time():.0f}")
            time.sleep(0.2)


class KillServer:
    """kill -9 of the server of an open lab; its person opens it again."""

    kind = "server"

    def __init__(self, site: Site, lab: OpenLab):
        self.site, self.lab, self.probe = site, lab, ServerProbe(lab)
        self.wrong: list[str] = []

    def strike(self, chance: random.Random) -> float:
        self.lab.open()
        process = server_process(self.lab.person.name, self.lab.lab, self.site.data)
        struck = time.monotonic()
        kill(process)
        return struck


def fill(file: Path) -> None:
    """Add to the file until nothing goes any more."""
    with file.open("ab", buffering=0) as out:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while out.write(os.urandom(1) * size) == size:
                    pass
            except OSError:
                continue


def kills(site: Site, lab: OpenLab) -> list[Fault]:
    """The faults that are kills of the site's own processes."""
    probe, hub = Probe(lab.person), HubProbe(lab.person)
    named = [Kill(kind, site, hub if kind == "hub" else probe) for kind in ("service", "hub", "proxy")]
    return [*named, KillServer(site, lab)]
