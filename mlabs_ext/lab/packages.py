"""Lists what is installed where a kernel runs, once for each state of an environment."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from traitlets import Bool
from traitlets.config import LoggingConfigurable

from mlabs_ext.asking import asked
from mlabs_ext.lab.observers import Observer, Record
from mlabs_ext.lab.parts import Part

PATIENCE = 120.0
MOST = 5000
# In a process of its own, out of the kernel's way: the first of a name is the one that is imported.
SCRIPT = """
import json, os, sys
os.nice(10)
from importlib.metadata import distributions
found = {}
for one in distributions():
    name = one.metadata["Name"]
    if name: found.setdefault(name.lower().replace("_", "-"), one.version or "")
json.dump([[p for p in sys.path if os.path.isdir(p)], found], sys.stdout)
"""


class Python(NamedTuple):
    """How a kernel's Python is started: the program, and its variables."""

    program: str
    env: dict[str, str]


class Installed(NamedTuple):
    """What was found, and when the folders were last changed that it was found in."""

    changed: dict[str, int]
    packages: dict[str, str]

    def current(self) -> bool:
        """Whether nothing was installed or removed since."""
        return changes(list(self.changed)) == self.changed


class Packages(LoggingConfigurable, Observer):
    """Puts the packages into the record of each run of a Python kernel."""

    record = Part[Record]()
    python_of = Part[Callable[[str], Python | None]](help="How the Python of a kernel is started.")
    enabled = Bool(
        True,
        help="""Whether runs remember which packages were installed. Default: True. Example:
        `c.Packages.enabled = False`.""",
    ).tag(config=True)

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self._known: dict[str, Installed] = {}
        self._looking: dict[str, asyncio.Task[None]] = {}
        self._waiting: dict[str, str] = {}

    def met(self, kernel: str) -> None:
        """Begin to look while the kernel still has nothing to do."""
        if python := self.python_of(kernel) if self.enabled else None:
            self._look(python)

    def began(self, run: str, kernel: str) -> None:
        """Add the list now where it is known, else when it is."""
        if python := self.python_of(kernel) if self.enabled else None:
            known = self._known.get(python.program)
            if known and known.current():
                self._add(run, known)
            else:
                self._waiting[run] = python.program
                self._look(python)

    def ending(self, run: str) -> None:
        """Nothing follows the end of a run."""
        self._waiting.pop(run, None)

    def _add(self, run: str, known: Installed) -> None:
        self.record.add(run, "packages", datetime.now(UTC), None, {"packages": known.packages})

    def _look(self, python: Python) -> None:
        if python.program not in self._looking:
            task = asyncio.get_running_loop().create_task(self._find(python))
            self._looking[python.program] = task
            task.add_done_callback(lambda _: self._looking.pop(python.program, None))

    async def _find(self, python: Python) -> None:
        known = self._known.get(python.program)
        if not (known and known.current()):
            known = read(await said(python))
        if known is None:
            self.log.warning("MLabs: %s does not say what is installed there", python.program)
            return
        self._known[python.program] = known
        for run in [run for run, program in self._waiting.items() if program == python.program]:
            del self._waiting[run]
            self._add(run, known)


async def said(python: Python) -> bytes:
    """What the script prints; nothing where it fails or hangs."""
    env = {**os.environ, **python.env}
    try:
        return (await asked(python.program, "-c", SCRIPT, timeout=PATIENCE, env=env))[0]
    except OSError:
        return b""


def read(out: bytes) -> Installed | None:
    """The list in the script's words."""
    try:
        folders, found = msgspec.json.decode(out, type=tuple[list[str], dict[str, str]])
    except msgspec.DecodeError:
        return None
    packages = {name[:200]: version[:100] for name, version in sorted(found.items())[:MOST]}
    return Installed(changes(folders), packages)


def changes(folders: list[str]) -> dict[str, int]:
    """When each folder last got or lost an entry."""
    return {folder: Path(folder).stat().st_mtime_ns if Path(folder).is_dir() else 0 for folder in folders}
