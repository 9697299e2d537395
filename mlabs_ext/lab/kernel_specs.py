"""Gives every Python kernel of this server `%runtime` and the package `mlabs`, and its environment no weight.

The kernel's command line and variables are the way that holds everywhere: an environment may be shared and
read-only, a profile of the user's own may replace configuration, and whoever asks for a kernel or its
restart, this server starts it from its spec.
"""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager

import mlabs_ext

PACKAGES = Path(mlabs_ext.__file__).parent / "kernel"
LOAD = "--IPKernelApp.extra_extensions=mlabs_kernel"
RUNTIMES = "MLABS_RUNTIMES"


def equip(specs: KernelSpecManager, runtimes: Path) -> None:
    """Have all kernels that are started from `specs` know MLabs; `runtimes` is the file of choices."""
    original = specs.get_kernel_spec

    def get_kernel_spec(kernel_name: str) -> KernelSpec:
        return equipped(original(kernel_name), runtimes)

    # A method is replaced, which no type foresees.
    hooked: Any = specs
    hooked.get_kernel_spec = get_kernel_spec


def equipped(spec: KernelSpec, runtimes: Path) -> KernelSpec:
    """The spec, made to load the magic where its kernel is IPython's."""
    if not is_ipython(spec.argv) or LOAD in spec.argv:
        return spec
    env: dict[str, Any] = dict(spec.env)
    before = env.get("PYTHONPATH") or literal(os.environ.get("PYTHONPATH", ""))
    # Last: what the environment or the user puts there comes first.
    env["PYTHONPATH"] = os.pathsep.join(part for part in (before, literal(str(PACKAGES))) if part)
    env[RUNTIMES] = literal(str(runtimes))
    spec.argv, spec.env = [*spec.argv, LOAD], env
    return spec


def is_ipython(argv: list[str]) -> bool:
    """Whether a command line starts IPython's own kernel: others do not know its options."""
    modules = [argument for flag, argument in pairwise(argv) if flag == "-m"]
    return bool(modules) and modules[0].partition(".")[0] in ("ipykernel", "ipykernel_launcher")


def literal(value: str) -> str:
    """A value of a spec's variable, in which `$` begins no other variable."""
    return value.replace("$", "$$")
