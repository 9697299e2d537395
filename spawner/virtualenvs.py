"""Environments as virtualenvs on this machine: made on first use, shared by all, whole or not there."""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import msgspec
import traitlets
from msgspec import Struct
from traitlets import Unicode
from traitlets.config import Config, LoggingConfigurable

from mlabs_ext import wire
from mlabs_ext.catalogue import Catalogue, EnvironmentSpec
from mlabs_ext.errors import Unavailable
from mlabs_spawner import uv
from mlabs_spawner.installation import Installation, Made, StepFailed, locked, read_marker, remove

Report = Callable[[str, int], None]


class InstallFailed(Unavailable):
    """An environment could not be made; `detail`: `environment`, `reason`, `log`, `command`, `tail`."""

    code = "environment_failed"


class Status(Struct):
    """One line of `mlabs images list`. `size` in bytes; `reason` says why it is not available."""

    name: str
    title: str
    accelerators: list[str]
    available: bool
    reason: str | None
    installed: bool
    size: int
    path: str


class Virtualenvs(LoggingConfigurable):
    """The directory of virtualenvs, one for each environment and recipe."""

    directory = Unicode(
        help="""Where environments are installed; they need 0.5 to 3 GB each. Several MLabs of one machine may
        share one. Default: `environments` in `MLABS_DATA`, or in `mlabs-data` below the working directory.
        Example::

            c.Virtualenvs.directory = "/var/lib/mlabs/environments"
        """,
    ).tag(config=True)

    @traitlets.default("directory")
    def _below_data(self) -> str:
        return str(Path(os.environ.get("MLABS_DATA", "mlabs-data"), "environments").absolute())

    _making: ClassVar[dict[Path, asyncio.Task[None]]] = {}

    def path(self, spec: EnvironmentSpec) -> Path:
        """Where the environment is, or will be: another recipe or Python is another directory."""
        python = f"{sys.version_info.major}{sys.version_info.minor}"
        return Path(self.directory).absolute() / f"{spec.name}-py{python}-{spec.digest}"

    def kept(self, spec: EnvironmentSpec, name: str) -> Path | None:
        """A finished directory of that name, if it was made for this environment, by whichever recipe."""
        if not re.fullmatch(rf"{re.escape(spec.name)}-py\d+-[0-9a-f]{{12}}", name):
            return None
        path = Path(self.directory).absolute() / name
        return path if read_marker(path) and (path / "bin" / "python").exists() else None

    def log_file(self, spec: EnvironmentSpec) -> Path:
        """What `uv` wrote while it made the environment, or failed to."""
        return self.path(spec).parent / "logs" / f"{self.path(spec).name}.log"

    def made(self, spec: EnvironmentSpec) -> Made | None:
        """The record of the finished environment; None where there is none."""
        return read_marker(self.path(spec))

    async def provide(self, spec: EnvironmentSpec, report: Report = lambda message, percent: None) -> Path:
        """Return the environment's directory, made first where it is not there; raise InstallFailed.

        Everybody who asks meanwhile, in this process or another, waits for the same installation and is told
        of its progress. It goes on when those who wait give up.
        """
        path = self.path(spec)
        if self.made(spec):
            return path
        task = self._making.get(path)
        if task is None or task.done():
            task = self._making[path] = asyncio.ensure_future(self._make(spec))
            task.add_done_callback(lambda done: self._finished(spec, done))
        while not task.done():
            report(*self._progress(spec))
            await asyncio.wait({task}, timeout=0.5)
        task.result()
        return path

    def _finished(self, spec: EnvironmentSpec, task: asyncio.Task[None]) -> None:
        self._making.pop(self.path(spec), None)
        if not task.cancelled() and isinstance(task.exception(), InstallFailed):
            self.log.error("%s", task.exception())

    def _progress(self, spec: EnvironmentSpec) -> tuple[str, int]:
        now = uv.progress(self._log_text(spec))
        return now.sentence(spec.title), now.percent

    def _log_text(self, spec: EnvironmentSpec) -> str:
        log = self.log_file(spec)
        return log.read_text(errors="replace") if log.exists() else ""

    async def _make(self, spec: EnvironmentSpec) -> None:
        missing = spec.missing()
        if missing:
            raise InstallFailed(f"{spec.title} cannot be installed on this machine. {missing}")
        try:
            async with locked(self.path(spec)):
                if not self.made(spec):
                    await self._make_anew(spec)
        except OSError as failure:
            raise self._failed(spec, f"{self._log_text(spec)}\n{failure}", 1) from failure

    async def _make_anew(self, spec: EnvironmentSpec) -> None:
        path = self.path(spec)
        self.log.info("Installing %s in %s; see %s", spec.name, path, self.log_file(spec))
        await asyncio.to_thread(remove, path)
        with self.log_file(spec).open("wb", buffering=0) as log:
            try:
                await Installation(spec, path, log).run()
            except StepFailed as failure:
                await asyncio.to_thread(remove, path)
                raise self._failed(spec, self._log_text(spec), failure.code) from failure

    def _failed(self, spec: EnvironmentSpec, log: str, code: int) -> InstallFailed:
        reason, last = uv.explain(log, code), uv.tail(log)
        again = self.command(spec)
        return InstallFailed(
            f"{spec.title} could not be installed. {reason}\n{last}\n"
            f"All of it: {self.log_file(spec)}. To try again: open the lab again, or run: {again}",
            detail={
                "environment": spec.name,
                "reason": reason,
                "log": str(self.log_file(spec)),
                "command": again,
                "tail": last,
            },
        )

    def command(self, spec: EnvironmentSpec) -> str:
        """The command line that makes this very environment."""
        folder = ["--extra", str(spec.folder)] if not spec.bundled else []
        held = next((name for name, stages in spec.install_on.items() if stages is spec.install), None)
        accelerator = ["--accelerator", held] if held else []
        arguments = [spec.name, "--directory", str(self.path(spec).parent), *accelerator, *folder]
        return shlex.join([sys.executable, "-m", "mlabs_spawner.virtualenvs", *arguments])


def variant(spec: EnvironmentSpec, accelerator: str) -> EnvironmentSpec:
    """The environment as it is installed for an accelerator: another directory where that differs."""
    stages = spec.install_on.get(accelerator)
    return msgspec.structs.replace(spec, title=f"{spec.title} (GPU)", install=stages) if stages else spec


def status(catalogue: Catalogue, directory: str = "") -> list[Status]:
    """What `mlabs images list` shows; `directory` is the one of Virtualenvs, empty for its default."""
    virtualenvs = Virtualenvs(**({"directory": directory} if directory else {}))
    lines = []
    for entry in catalogue.public():
        spec = catalogue.get(entry.name)
        lines.append(_status(spec, entry, virtualenvs.path(spec), virtualenvs.made(spec)))
    return lines


def _status(spec: EnvironmentSpec, entry: wire.Environment, path: Path, made: Made | None) -> Status:
    return Status(
        name=spec.name,
        title=spec.title,
        accelerators=entry.accelerators,
        available=entry.available,
        reason=entry.reason,
        installed=made is not None,
        size=made.size if made else 0,
        path=str(path),
    )


def main(arguments: list[str] | None = None) -> int:
    """Make one environment from the command line, with progress; exit status 1 where it fails."""
    parser = argparse.ArgumentParser(prog="python -m mlabs_spawner.virtualenvs", description=main.__doc__)
    parser.add_argument("name", help="the environment's name in the catalogue")
    parser.add_argument("--directory", default="", help="where environments are installed")
    parser.add_argument("--accelerator", default="none", help="what it is installed for: none or gpu")
    parser.add_argument("--extra", default="", help="a directory with environments of your own")
    given = parser.parse_args(arguments)
    config = Config({"Catalogue": {"extra": given.extra}, "Virtualenvs": {"directory": given.directory}})
    config = Config({name: {k: v for k, v in section.items() if v} for name, section in config.items()})
    spec = variant(Catalogue(config=config).check(given.name, given.accelerator), given.accelerator)
    shown: list[str] = []

    def report(message: str, percent: int) -> None:
        if message not in shown[-1:]:
            shown.append(message)
            print(f"{percent:3d} % {message}", flush=True)

    try:
        print(asyncio.run(Virtualenvs(config=config).provide(spec, report)))
    except InstallFailed as failure:
        print(failure.message, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
