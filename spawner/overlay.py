"""A person's own layer over a shared environment, for what `%pip install` brings."""

from __future__ import annotations

from pathlib import Path

import msgspec

PIP = """\
#!{python}
import runpy
runpy.run_module("pip", run_name="__main__", alter_sys=True)
"""


def make(layer: Path, environment: Path) -> None:
    """Make a virtualenv in `layer` that finds all of `environment`, and its kernel spec; done again it is
    kept.

    To pip, the packages of the environment are installed, but outside: it never changes them, and what it
    installs in their place comes first.
    """
    (layer / "bin").mkdir(mode=0o700, parents=True, exist_ok=True)
    python = layer / "bin" / "python"
    if not python.is_symlink():
        python.symlink_to((environment / "bin" / "python").readlink())
    replace(layer / "pyvenv.cfg", (environment / "pyvenv.cfg").read_text())
    for packages in environment.glob("lib/python*/site-packages"):
        ours = layer / packages.relative_to(environment)
        ours.mkdir(parents=True, exist_ok=True)
        replace(ours / "_mlabs_environment.pth", f"import site; site.addsitedir({str(packages)!r})\n")
    replace(layer / "bin" / "pip", PIP.format(python=python), 0o755)
    for shared in environment.glob("share/jupyter/kernels/*/kernel.json"):
        kernel = layer / shared.relative_to(environment)
        kernel.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace(kernel, kernel_spec(shared.read_bytes(), layer, environment))


def kernel_spec(shared: bytes, layer: Path, environment: Path) -> str:
    """The environment's kernel spec; a Python one with the layer's interpreter and programs first."""
    spec = msgspec.json.decode(shared)
    if spec["argv"][0] != str(environment / "bin" / "python"):
        return shared.decode()
    spec["argv"][0] = str(layer / "bin" / "python")
    spec["env"]["VIRTUAL_ENV"] = str(layer)
    spec["env"]["PATH"] = f"{layer / 'bin'}:{environment / 'bin'}:${{PATH}}"
    return msgspec.json.format(msgspec.json.encode(spec)).decode()


def replace(file: Path, text: str, mode: int = 0o644) -> None:
    """Write a file that a kernel may be reading."""
    partial = file.with_name(f"{file.name}.partial")
    partial.write_text(text)
    partial.chmod(mode)
    partial.rename(file)
