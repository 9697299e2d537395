"""Lays out what one build needs: a Dockerfile, fetched packages, small scripts; nothing of this machine."""

from __future__ import annotations

import io
import shlex
import tarfile
import tempfile
from pathlib import Path
from typing import IO

import msgspec

from mlabs_ext.environment import BASE, BUNDLED, EnvironmentSpec
from mlabs_images.packages import Packages
from mlabs_spawner.installation import kernel_spec

HOME = "/home/lab"


class Context:
    """The files of one build, by their names in it."""

    def __init__(self) -> None:
        self.files: dict[str, Path | bytes] = {}

    def add(self, name: str, content: Path | bytes | str) -> None:
        """Add a file, or all files of a folder."""
        if isinstance(content, str):
            content = content.encode()
        if isinstance(content, Path) and content.is_dir():
            for file in sorted(content.iterdir()):
                if not file.name.startswith("."):
                    self.files[f"{name}/{file.name}"] = file
        else:
            self.files[name] = content

    def pack(self) -> IO[bytes]:
        """The archive that the engine takes; equal files give an equal archive."""
        archive = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
        with tarfile.open(fileobj=archive, mode="w") as tar:
            for name, content in self.files.items():
                entry = tarfile.TarInfo(name)
                entry.mode = 0o644
                if isinstance(content, Path):
                    entry.size = content.stat().st_size
                    with content.open("rb") as file:
                        tar.addfile(entry, file)
                else:
                    entry.size = len(content)
                    tar.addfile(entry, io.BytesIO(content))
        archive.seek(0)
        return archive


def base(packages: Packages) -> Context:
    """What the image below all others is built from."""
    context = Context()
    for name in ("Dockerfile", "start", "health", "requirements.lock"):
        context.add(name, BASE / name)
    context.add("wheels", packages.locked("base", BASE / "requirements.lock"))
    return context


def environment(spec: EnvironmentSpec, accelerator: str, packages: Packages, wheel: Path) -> Context:
    """What the image of an environment is built from."""
    context = Context()
    context.add("Dockerfile", spec.dockerfile)
    steps = []
    for number, stage in enumerate(packages.stages(spec, accelerator)):
        context.add(f"environment/{number}.lock", stage.lock)
        context.add("environment/wheels", stage.folder)
        steps.append(f"{number}.lock{' --no-build-isolation' * stage.source}\n")
    context.add("environment/steps", "".join(steps))
    context.add("environment/check", check(spec))
    context.add("environment/kernel-name", spec.kernel_name)
    context.add("environment/kernel.json", json(kernel_spec(spec, Path("/opt/env"))))
    first = {"MultiKernelManager": {"default_kernel_name": spec.kernel_name}}
    context.add("environment/server.json", json(first))
    context.add("environment/environment.sh", BUNDLED / "environment.sh")
    context.add(f"mlabs/{wheel.name}", wheel)
    context.add("mlabs/mlabs.sh", BUNDLED / "mlabs.sh")
    return context


def json(content: object) -> bytes:
    """JSON that people can read."""
    return msgspec.json.format(msgspec.json.encode(content))


def check(spec: EnvironmentSpec) -> str:
    """A shell script that fails where the environment does not work."""
    lines = [f"export {name}={shlex.quote(value)}" for name, value in spec.env.items()]
    if spec.check:
        lines.append(shlex.join(spec.check))
    if not spec.kernel:
        modules = ", ".join(["ipykernel", *spec.imports])
        lines.append(shlex.join(["/opt/env/bin/python", "-c", f"import {modules}"]))
    return "\n".join([*lines, ""])
