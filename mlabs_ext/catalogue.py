"""The one catalogue of environments: what a lab may ask for, read from `environment.toml` files."""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import traitlets
from traitlets import Bool, List, Unicode
from traitlets.config import Configurable

from mlabs_ext import names, wire
from mlabs_ext.accelerators import COMMUNITY
from mlabs_ext.environment import BUNDLED, MEMORY_UNITS, EnvironmentSpec, Resources, Stage
from mlabs_ext.errors import MLabsError, Unusable

__all__ = [
    "MEMORY_UNITS",
    "Catalogue",
    "EnvironmentSpec",
    "InvalidEnvironment",
    "Resources",
    "Stage",
    "has_gpu",
    "read",
]


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

    community = Bool(
        False,
        help="""Whether labs may run on machines that others lend to this MLabs' Swarm or Kubernetes cluster:
        `community` is then an accelerator of every environment. Whoever owns such a machine can read what
        runs there. Default: False. Example::

            c.Catalogue.community = True
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
        every = self.every(spec)
        if accelerator not in every:
            raise Unusable(
                f"{spec.title} has no accelerator {accelerator!r:.80}. It has: {', '.join(every)}.",
                "accelerator_unknown",
            )
        return spec

    def every(self, spec: EnvironmentSpec) -> list[str]:
        """All that a lab in the environment may ask for: what it is made for, and machines that are lent."""
        return [*spec.accelerators, *([COMMUNITY] if self.community and not self.local else [])]

    def accelerators(self, spec: EnvironmentSpec) -> list[str]:
        """The accelerators that the environment can really use here."""
        return [a for a in self.every(spec) if a == "none" or not self.local or has_gpu()]

    def public(self) -> list[wire.Environment]:
        """What the outside world is told about the environments."""
        return [self._public(spec) for spec in self.all()]

    def described(self, name: str) -> wire.Environment | None:
        """The same of one environment; None where it is not offered, as those of older labs may be."""
        return self._public(self._specs[name]) if name in self._specs else None

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
    if COMMUNITY in spec.accelerators:
        raise InvalidEnvironment(file, "accelerators", "'community' is for c.Catalogue.community to say")
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
