"""The making of one virtualenv, in steps that leave a whole environment or nothing that counts."""

from __future__ import annotations

import asyncio
import fcntl
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec
from msgspec import Struct

from mlabs_ext.environment import EnvironmentSpec, Stage
from mlabs_spawner import uv

# What every environment holds beside its own packages: the kernel, and `%pip`.
ALWAYS = ["ipykernel", "pip"]


class Made(Struct):
    """What the marker of a finished environment records. `seconds` it took, `size` in bytes."""

    made: float
    seconds: float
    size: int


class StepFailed(Exception):
    """A step of an installation ended with this exit status."""

    def __init__(self, code: int):
        super().__init__(code)
        self.code = code


class Installation:
    """One making of one environment, from nothing to its marker."""

    def __init__(self, spec: EnvironmentSpec, path: Path, log: BinaryIO):
        self.spec, self.path, self.log = spec, path, log
        self.python = path / "bin" / "python"
        self.variables: dict[str, str] = {}

    async def run(self) -> None:
        """Do all steps; raise StepFailed at the first one that fails."""
        began = time.monotonic()
        self.variables = await asyncio.to_thread(uv.environment)
        await self.step(*uv.command("venv", "--no-project", "--python", sys.executable, str(self.path)))
        for number, stage in enumerate(self.spec.stages):
            await self.stage(stage, ALWAYS if number == 0 else [])
        self.write("# checking that it works")
        for line in self.checks():
            await self.step(*line, variables=self.spec.env)
        await asyncio.to_thread(self.finish, began)

    def checks(self) -> list[list[str]]:
        """The commands that fail where the environment does not work."""
        modules = [*([] if self.spec.kernel else ["ipykernel.kernelapp"]), *self.spec.imports]
        lines = [[str(self.python), "-c", f"import {', '.join(modules)}"]] if modules else []
        return [*lines, self.spec.check] if self.spec.check else lines

    async def stage(self, stage: Stage, always: list[str]) -> None:
        """Install one stage; CUDA comes along only where no build without it is found."""
        files = ["-r", str(self.spec.folder / stage.file)] if stage.file else []
        arguments = [*stage.options, *files, *stage.packages, *always]
        if stage.prefer_cpu and await self.brings_cuda(*arguments):
            if await self.can_resolve("--torch-backend=cpu", *arguments):
                arguments.insert(0, "--torch-backend=cpu")
            else:
                self.write("# note: Only a build with CUDA was found, which is several gigabytes.")
        await self.step(*uv.command("pip", "install", "--python", str(self.python), *arguments))

    async def brings_cuda(self, *arguments: str) -> bool:
        """Whether the packages would bring NVIDIA's libraries."""
        plan = await self.plan(*arguments)
        return any(line.startswith(" + nvidia-") for line in plan.stdout.splitlines())

    async def can_resolve(self, *arguments: str) -> bool:
        """Whether these packages can be had."""
        return (await self.plan(*arguments)).returncode == 0

    async def plan(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """What `uv` would install."""
        line = uv.command("pip", "install", "--dry-run", "--python", str(self.python), *arguments)
        return await asyncio.to_thread(
            subprocess.run, line, env=self.variables, capture_output=True, text=True, check=False
        )

    async def step(self, *line: str, variables: dict[str, str] | None = None) -> None:
        """Run one command with its output in the log; it ends with this process, as the lock does."""
        self.write(f"$ {shlex.join(line)}")
        process = await asyncio.create_subprocess_exec(
            *line,
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=subprocess.STDOUT,
            env={**self.variables, **(variables or {})},
            cwd=self.path.parent,
            preexec_fn=uv.die_with_parent,
        )
        try:
            code = await process.wait()
        except asyncio.CancelledError:
            process.kill()
            raise
        if code:
            raise StepFailed(code)

    def write(self, line: str) -> None:
        """Add a line of our own to the log."""
        self.log.write(f"{line}\n".encode())

    def finish(self, began: float) -> None:
        """Write the kernel spec; then everything to disk; then the marker, which alone makes it count."""
        kernel = self.path / "share" / "jupyter" / "kernels" / self.spec.kernel_name / "kernel.json"
        kernel.parent.mkdir(parents=True, exist_ok=True)
        # uv links files from its cache: the one that ipykernel brings is in every environment. Replace it.
        kernel.unlink(missing_ok=True)
        kernel.write_bytes(msgspec.json.format(msgspec.json.encode(kernel_spec(self.spec, self.path))))
        size = sum(entry.lstat().st_blocks * 512 for entry in self.path.rglob("*"))
        os.sync()
        made = Made(made=time.time(), seconds=round(time.monotonic() - began, 1), size=size)
        partial = marker(self.path).with_suffix(".partial")
        with partial.open("wb") as file:
            file.write(msgspec.json.encode(made))
            file.flush()
            os.fsync(file.fileno())
        partial.rename(marker(self.path))
        fsync_directory(self.path)
        fsync_directory(self.path.parent)


def kernel_spec(spec: EnvironmentSpec, path: Path) -> dict[str, object]:
    """The Jupyter kernel spec; `!pip` and `!python` in a notebook are the environment's own."""
    if spec.kernel:
        return {
            "argv": spec.kernel.argv,
            "display_name": spec.title,
            "language": spec.kernel.language,
            "env": spec.env,
        }
    python = [str(path / "bin" / "python"), "-Xfrozen_modules=off"]
    return {
        "argv": [*python, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": spec.title,
        "language": "python",
        "metadata": {"debugger": True},
        "env": {"PATH": f"{path / 'bin'}:${{PATH}}", "VIRTUAL_ENV": str(path), **spec.env},
    }


def marker(path: Path) -> Path:
    """The file whose presence says that the environment is whole."""
    return path / ".mlabs-ready"


def read_marker(path: Path) -> Made | None:
    """The record of a finished environment; None where there is none."""
    try:
        return msgspec.json.decode(marker(path).read_bytes(), type=Made)
    except FileNotFoundError:
        return None


def remove(path: Path) -> None:
    """Remove what an installation left; the marker first, so that it never counts as whole on the way."""
    marker(path).unlink(missing_ok=True)
    if path.exists():
        shutil.rmtree(path)


def fsync_directory(path: Path) -> None:
    """Make renames in a directory durable."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@asynccontextmanager
async def locked(path: Path) -> AsyncIterator[None]:
    """Hold the one lock of an environment, across processes; it ends with the process that holds it."""
    for folder in ("locks", "logs"):
        (path.parent / folder).mkdir(parents=True, exist_ok=True)
    lock = path.parent / "locks" / f"{path.name}.lock"
    handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while not _try_lock(handle):
            await asyncio.sleep(0.2)
        yield
    finally:
        os.close(handle)


def _try_lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
