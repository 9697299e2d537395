"""The one catalogue of environments: what a lab may ask for, read from `environment.toml` files."""

from __future__ import annotations

import functools
import hashlib
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

import msgspec
import traitlets
from msgspec import Meta, Struct, field
from traitlets import Bool, List, Unicode
from traitlets.config import Configurable

from mlabs_ext import names, wire
from mlabs_ext.errors import MLabsError, Unusable

BUNDLED = Path(str(resources.files("mlabs_images"))).resolve()
BASE = BUNDLED / "base"
MEMORY_UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


class Resources(Struct, forbid_unknown_fields=True):
    """What a server of this environment may use: `memory` as `"2G"`, `cpus` as a number of cores."""

    memory: Annotated[str, Meta(pattern=r"^[1-9][0-9]*[KMGT]$")] = "2G"
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

    name: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_.-]*$")]
    language: Annotated[str, Meta(min_length=1)]
    argv: Annotated[list[str], Meta(min_length=1)]


class EnvironmentSpec(Struct, forbid_unknown_fields=True):
    """One `environment.toml`. `name` defaults to the folder's name, `install` to `requirements.txt`.

    `python` lists the versions that the environment is made for; empty means any. `imports` are modules that
    must import before the environment counts as installed, `check` a command that must succeed. `env` goes to
    the kernel. `apt` are the Debian packages that an image of it gets, `install_on` the steps that an
    accelerator needs instead of `install`, and `kernel` is for environments without Python.
    """

    title: Annotated[str, Meta(min_length=1, max_length=80)]
    name: str = ""
    description: str = ""
    frameworks: dict[str, str] = {}
    python: list[Annotated[str, Meta(pattern=r"^3\.[0-9]+$")]] = []
    accelerators: Annotated[list[str], Meta(min_length=1)] = field(default_factory=lambda: ["none"])
    resources: Resources = field(default_factory=Resources)
    imports: list[str] = []
    needs: list[Need] = []
    env: dict[str, str] = {}
    install: list[Stage] = []
    install_on: dict[str, list[Stage]] = {}
    apt: list[Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9+.-]+$")]] = []
    kernel: Kernel | None = None
    check: list[str] = []
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

    def image(self, accelerator: str, prefix: str = "mlabs/") -> str:
        """The name of the image that this recipe makes: another recipe has another name."""
        suffix = "" if accelerator == "none" else f"-{accelerator}"
        return f"{prefix}{self.name}:{self.recipe(accelerator)}{suffix}"

    def recipe(self, accelerator: str) -> str:
        """Twelve hex digits that change whenever an image would come out differently."""
        stages = self.stages_on(accelerator)
        names = {name for stage in stages for name in (stage.file, stage.lock) if name}
        parts = [
            *([self.title, stages, sorted(self.env.items()), self.imports, self.check]),
            *([self.apt, self.kernel, accelerator, base_recipe(), self.dockerfile.read_text()]),
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
        return absent and f"It needs {absent.command}: {absent.why} To get it: {absent.install}."


class InvalidEnvironment(MLabsError):
    """An `environment.toml` that cannot be used; `detail` names `file` and `field`."""

    code = "environment_invalid"

    def __init__(self, file: Path, where: str, reason: str):
        super().__init__(f"{file}: {where}: {reason}", detail={"file": str(file), "field": where})


class Catalogue(Configurable):
    """Every environment that this MLabs offers."""

    extra = Unicode(
        "",
        help="""A directory with environments of your own, beside the ones that come with MLabs.

        Each is a folder `<name>/` with an `environment.toml` and the requirements files that it names; a
        single `environment.toml` right in the directory works too. One with the name of a bundled environment
        replaces it. Read at start. Default: none. Example::

            c.Catalogue.extra = "/srv/mlabs/environments.d"
        """,
    ).tag(config=True)

    enabled = List(
        Unicode(),
        help="""The names of the environments to offer, in this order. Default: empty, all of them. Example::

            c.Catalogue.enabled = ["python", "pytorch"]
        """,
    ).tag(config=True)

    default = Unicode(
        help="""The environment of a lab that names none. Default: `python`, or where that one is not enabled
        the first that is. Example::

            c.Catalogue.default = "pytorch"
        """,
    ).tag(config=True)

    local = Bool(
        True,
        help="""Whether environments run on this machine itself, so that its programs, Python and GPUs decide
        which can be used. Default: True; set it to False where servers run in containers. Example::

            c.Catalogue.local = False
        """,
    ).tag(config=True)

    @traitlets.default("default")
    def _first(self) -> str:
        return "python" if "python" in self._specs else next(iter(self._specs))

    @functools.cached_property
    def _specs(self) -> dict[str, EnvironmentSpec]:
        specs = {spec.name: spec for spec in map(read, self._files())}
        unknown = [name for name in self.enabled if name not in specs]
        if unknown:
            raise Unusable(
                f"Catalogue.enabled names {unknown[0]!r}, but there are only: {', '.join(specs)}.",
                "environment_unknown",
            )
        return {name: specs[name] for name in self.enabled or specs}

    def _files(self) -> Iterator[Path]:
        """Bundled ones first, so that the administrator's own win."""
        roots = [BUNDLED]
        if self.extra:
            roots.append(Path(self.extra).expanduser())
            if not roots[1].is_dir():
                raise InvalidEnvironment(roots[1], "Catalogue.extra", "there is no such directory")
        for root in roots:
            yield from sorted([*root.glob("environment.toml"), *root.glob("*/environment.toml")])

    def get(self, name: str) -> EnvironmentSpec:
        """The environment of that name; raise Unusable with the names that there are otherwise."""
        spec = self._specs.get(name)
        if spec is None:
            raise Unusable(
                f"There is no environment {name!r:.80} here. There are: {', '.join(self._specs)}.",
                "environment_unknown",
            )
        return spec

    def all(self) -> list[EnvironmentSpec]:
        """All that are enabled, the default one first; raise InvalidEnvironment where a file is wrong."""
        return sorted(self._specs.values(), key=lambda spec: spec.name != self.default)

    def check(self, name: str, accelerator: str) -> EnvironmentSpec:
        """The environment, if it is there and comes with that accelerator; raise Unusable otherwise."""
        spec = self.get(name)
        if accelerator not in spec.accelerators:
            raise Unusable(
                f"{spec.title} has no accelerator {accelerator!r:.80}. "
                f"It has: {', '.join(spec.accelerators)}.",
                "accelerator_unknown",
            )
        return spec

    def accelerators(self, spec: EnvironmentSpec) -> list[str]:
        """The accelerators that the environment can really use here."""
        return [a for a in spec.accelerators if a == "none" or not self.local or has_gpu()]

    def public(self) -> list[wire.Environment]:
        """What the outside world is told about the environments."""
        return [self._public(spec) for spec in self.all()]

    def _public(self, spec: EnvironmentSpec) -> wire.Environment:
        reason = spec.missing() if self.local else None
        here = f"{sys.version_info.major}.{sys.version_info.minor}"
        return wire.Environment(
            name=spec.name,
            title=spec.title,
            description=spec.description,
            frameworks=spec.frameworks,
            python=here if self.local else next(iter(spec.python), None),
            accelerators=self.accelerators(spec),
            available=reason is None,
            default=spec.name == self.default,
            reason=reason,
        )


@functools.cache
def base_recipe() -> str:
    """Twelve hex digits that change whenever the image below all others would come out differently."""
    return _digest({file.name: file.read_text() for file in sorted(BASE.iterdir()) if file.suffix != ".txt"})


def _digest(recipe: Any) -> str:
    return hashlib.sha256(msgspec.json.encode(recipe)).hexdigest()[:12]


def read(file: Path) -> EnvironmentSpec:
    """Read one `environment.toml`; raise InvalidEnvironment with the file, the field and the reason."""
    try:
        spec = msgspec.convert(_table(file), EnvironmentSpec)
    except msgspec.ValidationError as error:
        reason, _, where = str(error).partition(" - at `$")
        raise InvalidEnvironment(file, where.rstrip("`").lstrip(".") or "top level", reason) from error
    spec.folder = file.parent.resolve()
    spec.name = spec.name or spec.folder.name
    _check(file, spec)
    return spec


def _table(file: Path) -> dict[str, Any]:
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidEnvironment(file, "top level", f"not TOML: {error}") from error
    if "folder" in table:
        raise InvalidEnvironment(file, "folder", "this field is not yours to set")
    return table


def _check(file: Path, spec: EnvironmentSpec) -> None:
    """What a shape cannot say."""
    if not names.NAME.fullmatch(spec.name):
        raise InvalidEnvironment(file, "name", f"{spec.name!r} must be 1 to 60 of a-z, 0-9 and '-'")
    if "none" not in spec.accelerators:
        raise InvalidEnvironment(file, "accelerators", "must hold 'none': everybody may run without one")
    for where, stage in _stages(spec):
        if stage.file and not (spec.folder / stage.file).is_file():
            raise InvalidEnvironment(file, f"{where}.file", f"there is no {stage.file!r} beside it")
        if not (stage.file or stage.packages):
            raise InvalidEnvironment(file, where, "needs a 'file' or 'packages'")
    odd = next((a for a in spec.install_on if a not in spec.accelerators), None)
    if odd is not None:
        raise InvalidEnvironment(file, f"install_on.{odd}", "is not one of its 'accelerators'")
    bad = next((key for key in spec.env if not re.fullmatch(r"[A-Z_][A-Z0-9_]*", key)), None)
    if bad is not None:
        raise InvalidEnvironment(file, f"env.{bad}", "write variable names as A-Z, 0-9 and '_'")


def _stages(spec: EnvironmentSpec) -> Iterator[tuple[str, Stage]]:
    """Every step of every installation, and where it stands in the file."""
    for place, stages in {"install": spec.stages, **spec.install_on}.items():
        prefix = place if place == "install" else f"install_on.{place}"
        yield from ((f"{prefix}[{number}]", stage) for number, stage in enumerate(stages))


@functools.cache
def has_gpu() -> bool:
    """Whether NVIDIA's own tool finds a GPU on this machine; asked once a process."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return False
    try:
        listed = subprocess.run([tool, "-L"], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return listed.returncode == 0 and "GPU " in listed.stdout
