"""The clock an hour off: hub, proxy and service see the time of day that a file says."""

from __future__ import annotations

import random
import struct
import time
from pathlib import Path

from support.preloaded import compiled

from campaign.recovery import Probe

# libfaketime also changes how long things take, which makes Python's own `time.sleep` fail.
SOURCE = Path(__file__).with_name("moved_clock.c")
HOUR = 3600
# Seconds that the clock stays as it was set.
STAYS = (2.0, 8.0)
# JupyterHub hands its services few of its own variables: the service begins once more with them.
SETTINGS = """\
import os, sys
if "MOVED_CLOCK" not in os.environ:
    os.execve(sys.executable, sys.orig_argv, {{**os.environ, **{environ!r}}})
"""


class MovedClock:
    """The clock is set: an hour forth or back, and right again the next time."""

    kind = "clock"

    def __init__(self, file: Path, probe: Probe):
        self.file, self.probe, self.moved = file, probe, 0
        self.wrong: list[str] = []

    def strike(self, chance: random.Random) -> float:
        self.moved = chance.choice([by for by in (0, HOUR, -HOUR) if by != self.moved])
        set_clock(self.file, self.moved)
        moved = time.monotonic()
        if self.probe.reads() and self.probe.writes():
            time.sleep(chance.uniform(*STAYS))
            return time.monotonic()
        return moved


def set_clock(file: Path, seconds: int) -> None:
    """Set it so far off the right time."""
    with file.open("r+b" if file.exists() else "w+b") as opened:
        opened.write(struct.pack("=q", seconds))


def environ(folder: Path) -> dict[str, str]:
    """The variables with which a program sees the time of the file `clock` in this folder."""
    library = compiled(SOURCE, folder)
    set_clock(folder / "clock", 0)
    return {"LD_PRELOAD": str(library), "MOVED_CLOCK": str(folder / "clock")}
