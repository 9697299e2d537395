"""What there is of each environment: its virtualenv here, its images, and what is really inside."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import docker
import msgspec
from docker.errors import DockerException
from docker.models.images import Image
from msgspec import Struct

from mlabs_ext.catalogue import Catalogue
from mlabs_ext.environment import EnvironmentSpec, image_prefix
from mlabs_images import engine, wheel
from mlabs_spawner.virtualenvs import status

# Python environments say what they hold without importing anything.
ASK_PYTHON = """
import importlib.metadata, platform, sys
print("python", platform.python_version())
for name, package in zip(sys.argv[1::2], sys.argv[2::2]):
    print(name, importlib.metadata.version(package))
"""


class ImageState(Struct):
    """An image of an environment. `state`: `current`, `outdated` (then `reason` says why) or `absent`.

    `size` in bytes, `id` its digest, `versions` what was found in it by running it.
    """

    name: str
    accelerator: str
    state: str
    reason: str | None = None
    id: str | None = None
    size: int = 0
    versions: dict[str, str] = {}


class Listing:
    """The images of one engine; `folder` keeps what was found in them, by their ids."""

    def __init__(self, client: docker.DockerClient, folder: Path):
        self.client, self.notes = client, folder / "images.json"
        self.known: dict[str, dict[str, str]] = read(self.notes)
        with tempfile.TemporaryDirectory() as scratch:
            self.own = wheel.digest(wheel.build(Path(scratch)))

    def of(self, spec: EnvironmentSpec) -> list[ImageState]:
        """The state of each of its images."""
        return [self.state(spec, accelerator) for accelerator in spec.accelerators]

    def state(self, spec: EnvironmentSpec, accelerator: str) -> ImageState:
        """The state of the image for one accelerator."""
        wanted = spec.image(accelerator)
        image = engine.find(self.client, wanted) or self.older(spec, accelerator)
        if image is None:
            return ImageState(wanted, accelerator, "absent")
        reason = self.outdated(spec, accelerator, engine.labels(image))
        return ImageState(
            name=wanted if wanted in image.tags else self.tag(spec, image) or wanted,
            accelerator=accelerator,
            state="outdated" if reason else "current",
            reason=reason,
            id=str(image.id),
            size=int(image.attrs["Size"]),
            versions=self.versions(spec, image),
        )

    def outdated(self, spec: EnvironmentSpec, accelerator: str, labels: dict[str, str]) -> str | None:
        """Why a build would make another image; None where it would not."""
        if labels.get("org.mlabs.recipe") != spec.recipe(accelerator):
            return "its recipe changed"
        if labels.get("org.mlabs.wheel") == self.own:
            return None
        return f"it holds another MLabs than this one. Run: mlabs images build {spec.name}"

    def older(self, spec: EnvironmentSpec, accelerator: str) -> Image | None:
        """The newest image that another recipe of the environment made."""
        wanted = [f"org.mlabs.environment={spec.name}", f"org.mlabs.accelerator={accelerator}"]
        filters = {"label": wanted, "dangling": False}
        found = self.client.images.list(name=f"{image_prefix()}{spec.name}", filters=filters)
        return max(found, key=lambda image: str(image.attrs["Created"]), default=None)

    def tag(self, spec: EnvironmentSpec, image: Image) -> str | None:
        """What an image of another recipe is called here; another MLabs may have a name for it, too."""
        ours = f"{image_prefix()}{spec.name}:"
        return next((tag for tag in image.tags if tag.startswith(ours)), None)

    def versions(self, spec: EnvironmentSpec, image: Image) -> dict[str, str]:
        """What the image says of itself when it is run; asked once an image."""
        key = str(image.id)
        if key not in self.known:
            self.known[key] = self.ask(spec, key)
            self.notes.parent.mkdir(parents=True, exist_ok=True)
            self.notes.write_text(json.dumps(self.known))
        return self.known[key]

    def ask(self, spec: EnvironmentSpec, image: str) -> dict[str, str]:
        """Run the image, without network, and read the lines of name and version that it prints."""
        names = [part for name in spec.frameworks for part in (name, spec.distributions.get(name, name))]
        line = spec.versions or ["/opt/env/bin/python", "-c", ASK_PYTHON, *names]
        try:
            said = self.client.containers.run(image, line, remove=True, network_mode="none")
        except DockerException:
            return {}
        pairs = (text.split() for text in said.decode().splitlines())
        return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}


def read(notes: Path) -> dict[str, dict[str, str]]:
    """What was found before."""
    try:
        return msgspec.json.decode(notes.read_bytes(), type=dict[str, dict[str, str]])
    except (FileNotFoundError, msgspec.DecodeError):
        return {}


def everything(catalogue: Catalogue, folder: Path, listing: Listing | None) -> list[dict[str, Any]]:
    """Each environment as the API tells it, with its virtualenv and its images (None without an engine)."""
    local = {line.name: line for line in status(catalogue, str(folder / "environments"))}
    rows = []
    for entry in catalogue.public():
        line, spec = local[entry.name], catalogue.get(entry.name)
        rows.append(
            msgspec.to_builtins(entry)
            | {"virtualenv": {"installed": line.installed, "size": line.size, "path": line.path}}
            | {"images": msgspec.to_builtins(listing.of(spec)) if listing else None}
        )
    return rows
