"""Lays out what one build needs: a Dockerfile, fetched packages, small scripts, and nothing of this machine."""

from __future__ import annotations

import io
import shlex
import tarfile
import tempfile
from pathlib import Path
from typing import IO

import msgspec

from mlabs_ext.catalogue import BASE, EnvironmentSpec
from mlabs_images.packages import Packages
from mlabs_spawner.installation import kernel_spec

HOME = "/home/lab"
ENVIRONMENT = Path("/opt/env")
PIP = (
    "-m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-cache-dir "
    "--no-index --no-deps"
)
# A person's layer copies the link to the interpreter, so it may not be a relative one.
VENV = "python3 -m venv --without-pip /opt/env && ln -sf $(readlink -f /opt/env/bin/python) /opt/env/bin/python"
# The lock's own pip installs everything, itself too: the one of the base image may be years old.
VENV_PIP = f"PYTHONPATH=$(ls wheels/pip-*.whl) /opt/env/bin/python {PIP} --find-links wheels"
MLABS = f"""cd /tmp/mlabs
/opt/mlabs/bin/python {PIP} --prefix /out/mlabs mlabs-*.whl
mkdir /out/layer
if [ -e /opt/env/bin/python ]; then
  PYTHONPATH=$(echo /out/mlabs/lib/python3.*/site-packages) /opt/mlabs/bin/python -c 'import sys
from pathlib import Path
from mlabs_spawner import overlay
overlay.make(Path(sys.argv[1]), Path("/opt/env"))' "$LAYER"
  cp -a "$LAYER/." /out/layer
  chmod -R a+rX /out/layer
fi
"""


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
    lines = ["cd /tmp/environment"]
    if stages := packages.stages(spec, accelerator):
        lines.append(VENV)
    for number, stage in enumerate(stages):
        context.add(f"environment/{number}.lock", stage.lock)
        context.add("environment/wheels", stage.folder)
        options = " --no-build-isolation" * stage.source
        lines.append(f"{VENV_PIP} --require-hashes{options} -r {number}.lock")
    context.add("environment/kernel.json", msgspec.json.format(msgspec.json.encode(kernel(spec))))
    context.add("environment/install", "\n".join([*lines, *kernel_lines(spec), *check_lines(spec), ""]))
    context.add(f"mlabs/{wheel.name}", wheel)
    context.add("mlabs/install", MLABS)
    return context


def kernel(spec: EnvironmentSpec) -> dict[str, object]:
    """The kernel spec inside the image."""
    return kernel_spec(spec, ENVIRONMENT)


def kernel_lines(spec: EnvironmentSpec) -> list[str]:
    """What puts the kernel spec in its place."""
    folder = ENVIRONMENT / "share" / "jupyter" / "kernels" / spec.kernel_name
    return [f"mkdir -p {folder}", f"cp kernel.json {folder}/"]


def check_lines(spec: EnvironmentSpec) -> list[str]:
    """What fails where the environment does not work."""
    variables = shlex.join(["env", *(f"{name}={value}" for name, value in spec.env.items())])
    lines = [f"{variables} {shlex.join(spec.check)}"] if spec.check else []
    if not spec.kernel:
        modules = ", ".join(["ipykernel", *spec.imports])
        lines.append(f"{variables} /opt/env/bin/python -c {shlex.quote(f'import {modules}')}")
    return ["cd /tmp", *lines]
