"""What an image installs, locked and fetched into a folder that later builds find again."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import IO

from msgspec import Struct

from mlabs_ext.environment import EnvironmentSpec, Stage
from mlabs_images import fetch, locks

# What every environment holds beside its own packages: the kernel, and `%pip`.
ALWAYS = ["ipykernel", "pip"]

# Takes what is done now, and how many of a hundred parts are done.
Report = Callable[[str, int], None]


class Fetched(Struct):
    """One step of an installation: its lock, and the folder with all that it names."""

    lock: Path
    folder: Path
    source: bool


class Packages:
    """The folder of fetched packages; `machine` is the engine's processor, as `uname -m` says it."""

    def __init__(self, folder: Path, machine: str, log: IO[bytes], report: Report):
        self.folder, self.machine, self.log, self.report = folder, machine, log, report

    def stages(self, spec: EnvironmentSpec, accelerator: str) -> list[Fetched]:
        """Lock what is not, and fetch what is not there; raise FetchFailed."""
        done: list[Fetched] = []
        for number, stage in enumerate(spec.stages_on(accelerator)):
            name = f"{spec.name}-{accelerator}-{number}"
            lock = self.lock(spec, stage, name, done)
            fetched = self.locked(name, lock, stage)
            done.append(Fetched(lock=lock, folder=fetched, source=stage.source))
        return done

    def locked(self, name: str, lock: Path, stage: Stage | None = None) -> Path:
        """The folder that holds all packages of a lock, fetched where it does not."""
        stage = stage or Stage(file="requirements.txt")
        folder = self.folder / f"{name}-{self.machine}-{fetch.digest(lock)[:12]}"
        if fetch.complete(folder):
            return folder
        for old in self.folder.glob(f"{name}-{self.machine}-*"):
            shutil.rmtree(old)
        folder.mkdir(parents=True)
        if stage.source:
            fetch.sources(lock, folder, self.note)
        else:
            fetch.wheels(lock, folder, self.machine, self.fetching(lock), cpu=stage.prefer_cpu)
        return fetch.finish(folder)

    def note(self, line: str) -> None:
        """Add a line to the log."""
        self.log.write(f"{line}\n".encode())

    def fetching(self, lock: Path) -> Callable[[str], None]:
        """Takes pip's lines into the log, and tells how far it is."""
        total, seen = len(fetch.PIN.findall(lock.read_text())), 0

        def line(text: str) -> None:
            nonlocal seen
            self.note(text)
            if text.startswith(("Collecting ", "Processing ")) and seen < total:
                seen += 1
                self.report(f"Fetching packages: {seen} of {total}", 30 * seen // total)

        return line

    def lock(self, spec: EnvironmentSpec, stage: Stage, name: str, before: list[Fetched]) -> Path:
        """The lock of a step: the one beside its file, else one that is made now."""
        if stage.lock and (spec.folder / stage.lock).is_file():
            return spec.folder / stage.lock
        wanted = [*stage.packages, *([] if before else ALWAYS)]
        if stage.file:
            wanted.append((spec.folder / stage.file).read_text())
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = self.folder / f"{name}.lock"
        self.note(f"Locking {', '.join(wanted)}")
        constraints = [fetched.lock for fetched in before]
        lock.write_text(locks.compiled("\n".join(wanted), constraints, stage.source))
        return lock
