"""What an `environment.toml` says: an environment, how it is installed, and the name of what that makes."""

from __future__ import annotations

import functools
import hashlib
import os
import shutil
import sys
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct, field

BUNDLED = Path(str(resources.files("mlabs_images"))).resolve()
BASE = BUNDLED / "base"
MEMORY_UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


class Resources(Struct, forbid_unknown_fields=True):
    """What a server of this environment may use: `memory` as `"2G"`, `cpus` as a number of cores."""

    memory: Annotated[str, Meta(pattern=r"^[1-9][0-9]*[KMGT]$(?!\n)")] = "2G"
    cpus: Annotated[float, Meta(gt=0)] = 2.0

    @property
    def memory_bytes(self) -> int:
        """`memory` in bytes."""
        return int(self.memory[:-1]) * MEMORY_UNITS[self.memory[-1]]


class Need(Struct, forbid_unknown_fields=True):
    """A program that must be on the machine: why, and how a person gets it."""

    command: Annotated[str, Meta(min_length=1)]
    why: str
    install: str


class Stage(Struct, forbid_unknown_fields=True):
    """One step of an installation: a requirements file beside the `environment.toml`, or packages, or both.

    `options` go to `uv pip install`. `prefer_cpu` looks for builds without CUDA before it takes ones with it.
    `source` says that its packages come as source only and are built on what the steps before brought.
    An image installs a file's `.lock` beside it, where there is one: the same packages and all they need,
    with hashes.
    """

    file: str | None = None
    packages: list[str] = []
    options: list[str] = []
    prefer_cpu: bool = False
    source: bool = False

    @property
    def lock(self) -> str | None:
        """The name of the file's lock."""
        return self.file and str(Path(self.file).with_suffix(".lock"))


class Kernel(Struct, forbid_unknown_fields=True):
    """A kernel that is not IPython: the Jupyter kernel spec's own fields, and the name that notebooks use."""

    name: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_.-]*$(?!\n)")]
    language: Annotated[str, Meta(min_length=1)]
    argv: Annotated[list[str], Meta(min_length=1)]


class EnvironmentSpec(Struct, forbid_unknown_fields=True):
    """One `environment.toml`. `name` defaults to the folder's name, `install` to `requirements.txt`.

    `python` lists the versions that the environment is made for; empty means any. `imports` are modules that
    must import before the environment counts as installed, `check` a command that must succeed. `env` goes to
    the kernel. `apt` are the Debian packages that an image of it gets, `install_on` the steps that an
    accelerator needs instead of `install`, and `kernel` is for environments without Python. `distributions`
    names the packages of frameworks whose packages have other names; where no package tells a version, the
    command `versions` prints lines of name and version.
    """

    title: Annotated[str, Meta(min_length=1, max_length=80)]
    name: str = ""
    description: str = ""
    frameworks: dict[str, str] = {}
    distributions: dict[str, str] = {}
    python: list[Annotated[str, Meta(pattern=r"^3\.[0-9]+$(?!\n)")]] = []
    accelerators: Annotated[list[str], Meta(min_length=1)] = field(default_factory=lambda: ["none"])
    resources: Resources = field(default_factory=Resources)
    imports: list[str] = []
    needs: list[Need] = []
    env: dict[str, str] = {}
    install: list[Stage] = []
    install_on: dict[str, list[Stage]] = {}
    apt: list[Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9+.-]+$(?!\n)")]] = []
    kernel: Kernel | None = None
    check: list[str] = []
    versions: list[str] = []
    folder: Path = Path()

    @property
    def stages(self) -> list[Stage]:
        """The steps of the installation, in order."""
        return self.install or ([] if self.kernel else [Stage(file="requirements.txt")])

    def stages_on(self, accelerator: str) -> list[Stage]:
        """The steps of the installation for an accelerator."""
        return self.install_on.get(accelerator) or self.stages

    @property
    def kernel_name(self) -> str:
        """The kernel that its notebooks name."""
        return self.kernel.name if self.kernel else "python3"

    @property
    def digest(self) -> str:
        """Twelve hex digits that change whenever an installation would come out differently."""
        files = {s.file: (self.folder / s.file).read_text() for s in self.stages if s.file}
        return _digest([self.title, self.stages, files, sorted(self.env.items()), self.imports, self.kernel])

    def image(self, accelerator: str, prefix: str = "") -> str:
        """The name of the image that this recipe makes: another recipe has another name."""
        suffix = "" if accelerator == "none" else f"-{accelerator}"
        return f"{prefix or image_prefix()}{self.name}:{self.recipe(accelerator)}{suffix}"

    def recipe(self, accelerator: str) -> str:
        """Twelve hex digits that change whenever an image would come out differently."""
        stages = self.stages_on(accelerator)
        names = {name for stage in stages for name in (stage.file, stage.lock) if name}
        parts = [
            *([self.title, stages, sorted(self.env.items()), self.imports, self.check]),
            *([self.apt, self.kernel, accelerator, base_recipe(), self.dockerfile.read_text(), scripts()]),
            {
                name: (self.folder / name).read_text()
                for name in sorted(names)
                if (self.folder / name).exists()
            },
        ]
        return _digest(parts)

    @property
    def dockerfile(self) -> Path:
        """The Dockerfile of its images: its own, else the one for all."""
        own = self.folder / "Dockerfile"
        return own if own.is_file() else BUNDLED / "Dockerfile"

    @property
    def bundled(self) -> bool:
        """Whether it comes with MLabs."""
        return self.folder.parent == BUNDLED

    def missing(self) -> str | None:
        """Why this environment cannot be used on this very machine, in words; None where it can."""
        here = f"{sys.version_info.major}.{sys.version_info.minor}"
        if self.python and here not in self.python:
            return f"It is made for Python {' or '.join(self.python)}; this is Python {here}."
        absent = next((need for need in self.needs if not shutil.which(need.command)), None)
        if absent is None:
            return None
        return f"It needs {absent.command}: {absent.why} To get it: {absent.install}."


@functools.cache
def scripts() -> list[str]:
    """What runs while an image is built."""
    return [file.read_text() for file in sorted(BUNDLED.glob("*.sh"))]


def image_prefix() -> str:
    """What the names of images begin with on this machine's engine: `MLABS_IMAGE_PREFIX`, else `mlabs/`."""
    return os.environ.get("MLABS_IMAGE_PREFIX") or "mlabs/"


@functools.cache
def base_recipe() -> str:
    """Twelve hex digits that change whenever the image below all others would come out differently."""
    return _digest({file.name: file.read_text() for file in sorted(BASE.iterdir()) if file.suffix != ".txt"})


def _digest(recipe: Any) -> str:
    return hashlib.sha256(msgspec.json.encode(recipe)).hexdigest()[:12]
