"""How `uv` is run: by pip's settings of this machine, and what it writes becomes progress and plain words."""

from __future__ import annotations

import ast
import ctypes
import importlib.util
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping

from msgspec import Struct
from uv import find_uv_bin

# pip's setting: uv's variable, and what joins several values.
SETTINGS = {
    "index-url": ("UV_DEFAULT_INDEX", " "),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "no-index": ("UV_NO_INDEX", " "),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "constraint": ("UV_CONSTRAINT", " "),
    "timeout": ("UV_HTTP_TIMEOUT", " "),
    "default-timeout": ("UV_HTTP_TIMEOUT", " "),
    "cert": ("SSL_CERT_FILE", " "),
    "client-cert": ("SSL_CLIENT_CERT", " "),
    "proxy": ("ALL_PROXY", " "),
}
PRECEDENCE = ["global", "install", ":env:"]
DROPPED = re.compile(r"^(JUPYTERHUB_|JPY_|CONFIGPROXY_|MLABS_|PYTHONDONTWRITEBYTECODE$)")
UNITS = {"B": 1e-6, "KiB": 1.024e-3, "MiB": 1.048576, "GiB": 1073.741824}

CAUSES = [
    (r"No space left on device|os error 28\b|Disk quota exceeded", "The disk is full."),
    (
        r"dns error|Connection refused|error sending request|Could not connect|timed out|Request failed",
        "The package index does not answer. Check the network and pip's settings (`pip config list`).",
    ),
    (r"hash mismatch|Hash mismatch", "A package is not the one that was recorded: its hash differs."),
    (
        r"unable to execute|command '\S*(gcc|g\+\+|cc|clang)\S*' failed|[Cc]ompiler .*not found",
        "A package has to be compiled here, and there is no working C/C++ compiler "
        "(Debian: `apt-get install g++ python3-dev`).",
    ),
    (
        r"[Ff]ailed to build|build backend returned an error",
        "A package has to be built, and this failed.",
    ),
    (
        r"No solution found|not found in the package registry|no versions of|has no wheels with a matching",
        "The packages that were asked for do not exist for this Python, or do not fit together.",
    ),
    (r"Permission denied|os error 13\b|Read-only file system", "The directory is not writable."),
    (r"ModuleNotFoundError|ImportError|cannot open shared object", "The packages do not import."),
]


def command(*arguments: str) -> list[str]:
    """The command line of the bundled `uv`."""
    return [find_uv_bin(), *arguments]


def environment(base: Mapping[str, str] | None = None) -> dict[str, str]:
    """The variables that `uv` runs with: the machine's, pip's settings translated, none of the hub's secrets.

    uv's own variables, where the administrator set them, win over pip's. Like pip, uv then takes the best
    version from all indexes. What is imported as a check is compiled then: kernels need not at each start.
    """
    base = os.environ if base is None else base
    given = {key: value for key, value in base.items() if not DROPPED.match(key)}
    ours = {"UV_INDEX_STRATEGY": "unsafe-best-match", "UV_PYTHON_DOWNLOADS": "never"}
    return ours | translate(pip_settings(base)) | given


def pip_settings(base: Mapping[str, str]) -> dict[str, str]:
    """pip's settings from its files and variables, by their long option's name."""
    if importlib.util.find_spec("pip"):
        listed = subprocess.run(
            [sys.executable, "-m", "pip", "config", "list"],
            env={**base, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout
        return parse_pip_settings(listed)
    return {
        key.removeprefix("PIP_").lower().replace("_", "-"): value
        for key, value in base.items()
        if key.startswith("PIP_")
    }


def parse_pip_settings(listed: str) -> dict[str, str]:
    """Read the output of `pip config list`: variables win over `install`, which wins over `global`."""
    found: dict[str, tuple[int, str]] = {}
    for line in listed.splitlines():
        where, equals, value = line.partition("=")
        section, dot, key = where.rpartition(".")
        if not (equals and dot) or section not in PRECEDENCE:
            continue
        rank = PRECEDENCE.index(section)
        if rank >= found.get(key, (-1, ""))[0]:
            found[key] = (rank, str(ast.literal_eval(value)))
    return {key: value for key, (_, value) in found.items()}


def translate(settings: Mapping[str, str]) -> dict[str, str]:
    """uv's variables for pip's settings; pip separates several values by spaces or line ends."""
    variables = {}
    for key, value in settings.items():
        if key in SETTINGS and value.split():
            variable, joint = SETTINGS[key]
            variables[variable] = joint.join(value.split())
    return variables


class Progress(Struct):
    """How far an installation is. Sizes in MB; uv names packages above 1 MB only."""

    packages: int = 0
    wanted: int = 0
    fetched: int = 0
    wanted_mb: float = 0
    fetched_mb: float = 0
    prepared: bool = False
    installed: int = 0
    checking: bool = False
    note: str = ""

    @property
    def percent(self) -> int:
        """From 5 to 80: the rest belongs to the start of the server."""
        if self.checking:
            return 75
        if self.installed:
            return 70
        if self.prepared:
            return 60
        if self.wanted_mb:
            return 10 + int(45 * self.fetched_mb / self.wanted_mb)
        return 8 if self.packages else 5

    def sentence(self, title: str) -> str:
        """What a person is told."""
        start = f"Installing {title}, once for everybody"
        note = f" {self.note}" if self.note else ""
        if self.checking:
            return f"{start}: {self.installed} packages are in place; checking that they work.{note}"
        if self.installed or self.prepared:
            return f"{start}: unpacking {self.packages} packages ({self.fetched_mb:.0f} MB fetched).{note}"
        if self.wanted:
            sizes = f"{self.fetched_mb:.0f} of {self.wanted_mb:.0f} MB"
            return f"{start}: fetched {sizes}, {self.fetched} of {self.wanted} large packages.{note}"
        if self.packages:
            return f"{start}: {self.packages} packages to fetch or build.{note}"
        return f"{start}.{note}"


def progress(log: str) -> Progress:
    """Read what `uv` wrote so far."""
    now = Progress()
    sizes: dict[str, float] = {}
    for line in log.splitlines():
        if match := re.match(r"Resolved (\d+) package", line):
            now.packages += int(match[1])
        elif match := re.match(r"Downloading (\S+) \(([\d.]+)([KMG]?i?B)\)", line):
            sizes[match[1]] = float(match[2]) * UNITS[match[3]]
            now.wanted, now.wanted_mb, now.prepared = now.wanted + 1, now.wanted_mb + sizes[match[1]], False
        elif match := re.match(r" Downloaded (\S+)", line):
            now.fetched, now.fetched_mb = now.fetched + 1, now.fetched_mb + sizes.get(match[1], 0)
        elif line.startswith("Prepared "):
            now.prepared = True
        elif match := re.match(r"Installed (\d+) package", line):
            now.installed += int(match[1])
        elif line.startswith("# checking"):
            now.checking = True
        elif line.startswith("# note: "):
            now.note = line.removeprefix("# note: ")
    return now


def explain(log: str, code: int) -> str:
    """Say in plain words why an installation failed, from what was written and the exit status."""
    if code in (-signal.SIGKILL, 128 + signal.SIGKILL):
        return "It was killed, most likely because the machine ran out of memory."
    causes = (words for pattern, words in CAUSES if re.search(pattern, log))
    return next(causes, "The reason is in the last lines below.")


def tail(log: str, lines: int = 12) -> str:
    """The last lines that say something; passwords in URLs are left out."""
    kept = [line.rstrip() for line in log.splitlines() if line.strip() and not line.startswith("$ ")]
    return re.sub(r"(://)[^/@\s]+@", r"\1…@", "\n".join(kept[-lines:]))


def die_with_parent() -> None:
    """Run in a child before exec (Linux): it is killed when its parent dies, however the parent dies."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
