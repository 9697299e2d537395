"""What an image installs, locked and fetched into a folder that later builds find again."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import IO

from msgspec import Struct

from mlabs_ext.catalogue import EnvironmentSpec, Stage
from mlabs_images import fetch, locks

# What every environment holds beside its own packages: the kernel, and `%pip`.
ALWAYS = ["ipykernel", "pip"]


class Fetched(Struct):
    """One step of an installation: its lock, and the folder with all that it names."""

    lock: Path
    folder: Path
    source: bool


class Packages:
    """The folder of fetched packages; `machine` is the engine's processor, as `uname -m` says it."""

    def __init__(self, folder: Path, machine: str, log: IO[bytes]):
        self.folder, self.machine, self.log = folder, machine, log

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
            fetch.sources(lock, folder, self.log)
        else:
            fetch.wheels(lock, folder, self.machine, self.log, cpu=stage.prefer_cpu)
        return fetch.finish(folder)

    def lock(self, spec: EnvironmentSpec, stage: Stage, name: str, before: list[Fetched]) -> Path:
        """The lock of a step: the one beside its file, else one that is made now."""
        if stage.lock and (spec.folder / stage.lock).is_file():
            return spec.folder / stage.lock
        wanted = [*stage.packages, *([] if before else ALWAYS)]
        if stage.file:
            wanted.append((spec.folder / stage.file).read_text())
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = self.folder / f"{name}.lock"
        self.log.write(f"Locking {', '.join(wanted)}\n".encode())
        lock.write_text(locks.compiled("\n".join(wanted), [fetched.lock for fetched in before]))
        return lock
