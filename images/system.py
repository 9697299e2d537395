"""The system that all images start from: one that is here, a public one, or one of Debian's packages."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import docker
from docker.errors import DockerException
from docker.models.images import Image

from mlabs_ext.errors import Unavailable
from mlabs_images import engine
from mlabs_spawner import uv

# The first is made by `mlabs images base`, the second comes from a registry.
OWN, PUBLIC = "mlabs/debian:bookworm", "debian:bookworm-slim"
PACKAGES = "ca-certificates,python3,python3-venv,tini"
# What the slim image leaves out too.
UNREAD = [f"path-exclude=/usr/share/{folder}/*" for folder in ("doc", "info", "locale", "man")]
HOW = (
    "Without a registry, `mlabs images base` makes one from Debian's packages. Or name one that is here and "
    "has Python 3.11: `mlabs images build --base IMAGE`."
)


class NoSystem(Unavailable):
    """There is no image to start from, and none could be had."""

    code = "base_absent"


def find(client: docker.DockerClient, name: str = "") -> Image:
    """The image to start from, pulled where it is not here; raise NoSystem with what to do."""
    for known in [name] if name else [OWN, PUBLIC]:
        if image := engine.find(client, known):
            return image
    wanted = name or PUBLIC
    try:
        return client.images.pull(wanted)
    except DockerException as error:
        reason = getattr(error, "explanation", None) or error
        raise NoSystem(
            f"The image {wanted}, which all others start from, is not here and could not be pulled: "
            f"{reason}. {HOW}"
        ) from error


def make(client: docker.DockerClient, suite: str = "bookworm", mirror: str = "") -> Image:
    """Make the image `mlabs/debian:bookworm` from Debian's packages; raise NoSystem."""
    tool = shutil.which("mmdebstrap")
    if tool is None:
        raise NoSystem("This needs mmdebstrap. To get it: `apt-get install mmdebstrap`.")
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "system.tar"
        options = [f"--dpkgopt={option}" for option in UNREAD]
        line = [tool, "--variant=minbase", f"--include={PACKAGES}", *options, suite, str(archive)]
        done = subprocess.run(
            [*line, *([mirror] if mirror else [])],
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "LC_ALL": "C"},
        )
        if done.returncode:
            raise NoSystem(f"mmdebstrap could not make the system:\n{uv.tail(done.stderr)}")
        repository, _, tag = OWN.partition(":")
        client.api.import_image_from_file(str(archive), repository=repository, tag=tag)
    return client.images.get(OWN)
