"""Fetches packages here, by this machine's pip settings: a build needs none of them and keeps none."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from urllib.parse import urldefrag, urljoin
from urllib.request import urlopen

from mlabs_ext.errors import Unavailable
from mlabs_images.locks import PYTHON
from mlabs_spawner import uv

PIN = re.compile(r"^([A-Za-z0-9][\w.-]*)==([^\s;\\]+)", re.MULTILINE)
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
PYPI = "https://pypi.org/simple"
# Where PyTorch's makers keep the builds without CUDA; PyPI has none for Linux.
PYTORCH_CPU = "https://download.pytorch.org/whl/cpu"
# Debian 12 has glibc 2.36. pip wants every older name of the platform too.
GLIBC = 36

# Takes a line for the log.
Told = Callable[[str], None]


class FetchFailed(Unavailable):
    """Packages could not be fetched; the message holds the last lines and what to do."""

    code = "packages_unavailable"


def wheels(lock: Path, folder: Path, machine: str, told: Told, cpu: bool = False) -> None:
    """Fetch every package of a lock as a wheel for Python 3.11 on Linux; raise FetchFailed.

    With `cpu`, builds without CUDA are looked for at PyTorch's own place where the indexes here have none.
    """
    line = command(lock, folder, machine)
    code = run(line, told)
    if code and cpu:
        code = run([*line, "--extra-index-url", PYTORCH_CPU], told)
    if code:
        raise FetchFailed("pip could not fetch the packages.")


def finish(folder: Path) -> Path:
    """Note that a folder holds all that it should; what an interrupted fetch leaves does not count."""
    (folder / ".complete").touch()
    return folder


def complete(folder: Path) -> bool:
    """Whether a folder holds all that it should."""
    return (folder / ".complete").exists()


def digest(lock: Path) -> str:
    """Another lock has another one."""
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def command(lock: Path, folder: Path, machine: str) -> list[str]:
    """The line that fetches wheels for the images' Python and platform, whatever this machine's own are."""
    pip = (
        [sys.executable, "-m", "pip"] if importlib.util.find_spec("pip") else uv.command("tool", "run", "pip")
    )
    line = [*pip, "download", "--require-hashes", "--no-deps", "--only-binary=:all:", "--progress-bar=off"]
    line += ["--python-version", PYTHON, "--implementation=cp", "--abi=cp311", "--abi=abi3", "--abi=none"]
    line += [f"--platform={name}" for name in platforms(machine)]
    return [*line, "--dest", str(folder), "--requirement", str(lock)]


def platforms(machine: str) -> list[str]:
    """The wheel platforms that run on Debian 12, the newest first."""
    names = [f"manylinux_2_{minor}_{machine}" for minor in range(GLIBC, 4, -1)]
    return [*names, *(f"manylinux{old}_{machine}" for old in ("2014", "2010", "1")), f"linux_{machine}"]


def run(line: list[str], told: Told) -> int:
    """Run a command and tell its lines; its exit status."""
    told(f"$ {shlex.join(line)}")
    with subprocess.Popen(
        line,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"},
        text=True,
    ) as process:
        for text in process.stdout or ():
            told(text.rstrip())
    return process.returncode


def sources(lock: Path, folder: Path, told: Told) -> None:
    """Fetch every package of a lock as source; raise FetchFailed.

    pip would run a source's own setup to read its metadata, with this machine's Python, which may be one
    that the package knows nothing of.
    """
    settings = uv.pip_settings(os.environ)
    text = lock.read_text()
    for part in re.split(r"\n(?=\S)", text):
        if pin := PIN.search(part):
            source(pin[1], set(HASH.findall(part)), folder, settings, told)


def source(name: str, hashes: set[str], folder: Path, settings: Mapping[str, str], told: Told) -> None:
    """Fetch the file of one of these hashes from the first index that has it."""
    project = re.sub(r"[-_.]+", "-", name).lower()
    for index in indexes(settings):
        page = page_of(index, project)
        told(f"Looking in {uv.tail(page)}")
        for link in links(page):
            url, _, digest = link.partition("#sha256=")
            if digest in hashes and not url.endswith(".whl"):
                keep(folder / url.rsplit("/", 1)[-1], read(url), digest)
                return
    raise FetchFailed(f"No package index of this machine has the source of {name} that is locked.")


def page_of(index: str, project: str) -> str:
    """Where an index lists the files of a project."""
    return f"{index.rstrip('/')}/{project}/" + "index.html" * index.startswith("file:")


def indexes(settings: Mapping[str, str]) -> Iterable[str]:
    """The package indexes that pip would ask, in its order."""
    if "no-index" not in settings:
        yield settings.get("index-url", PYPI)
    yield from settings.get("extra-index-url", "").split()


def links(page: str) -> list[str]:
    """The full addresses on an index's page of one project; none where it has no such page."""
    try:
        text = read(page).decode()
    except OSError:
        return []
    found = re.findall(r'href="([^"]+)"', text)
    return [urljoin(page, link) for link in found if urldefrag(link)[1]]


def read(url: str) -> bytes:
    """What is at an address of an index."""
    with urlopen(url, timeout=60) as answer:  # noqa: S310 - an index of pip's settings, which may be a folder
        return bytes(answer.read())


def keep(file: Path, content: bytes, digest: str) -> None:
    """Write a file whose content is what the lock says; raise FetchFailed otherwise."""
    if hashlib.sha256(content).hexdigest() != digest:
        raise FetchFailed(f"{file.name} is not the file that is locked: its hash differs.")
    file.write_bytes(content)
