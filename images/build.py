"""Builds the images of environments, each over one base, and only what changed since it was last built."""

from __future__ import annotations

import fcntl
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import docker
from docker.errors import DockerException
from docker.models.images import Image
from msgspec import Struct
from requests.exceptions import RequestException

import mlabs_ext
from mlabs_ext.environment import EnvironmentSpec, base_recipe, image_prefix
from mlabs_ext.errors import MLabsError, Unavailable
from mlabs_images import context, engine, system, wheel
from mlabs_images.context import Context
from mlabs_images.fetch import FetchFailed
from mlabs_images.locks import LockFailed
from mlabs_images.packages import Packages, Report
from mlabs_spawner import uv

# What goes wrong on the way: told with the log's last lines.
FAILURES = (engine.BuildStopped, FetchFailed, LockFailed, DockerException, RequestException, OSError)


def quiet(message: str, percent: int) -> None:
    """Tell nobody."""


class BuildFailed(Unavailable):
    """An image could not be built; `detail`: `image`, `log`, `tail`."""

    code = "image_failed"


class Built(Struct):
    """An image that is there. `id` is its configuration's digest, `size` in bytes; `changed`: just now."""

    name: str
    id: str
    size: int
    changed: bool


class Wanted(Struct):
    """An image as it should be: whatever has its labels is it."""

    name: str
    labels: dict[str, str]
    arguments: dict[str, str]

    def found(self, client: docker.DockerClient) -> Image | None:
        """The image, if the engine has it just like that; one that another MLabs made gets this name too."""
        image = engine.find(client, self.name)
        if image and self.is_it(image):
            return image
        repository, tag = self.name.rsplit(":", 1)
        for other in client.images.list(name=f"*/{repository.rpartition('/')[2]}:{tag}"):
            if self.is_it(other) and other.tag(repository, tag):
                return other
        return None

    def is_it(self, image: Image) -> bool:
        """Whether an image has the labels."""
        return self.labels.items() <= engine.labels(image).items()


class Builder:
    """Builds images on one engine; `folder` keeps fetched packages and logs."""

    def __init__(self, client: docker.DockerClient, folder: Path, report: Report = quiet):
        self.client, self.folder, self.report = client, folder, report
        self.machine = str(client.info()["Architecture"])

    def log_file(self, title: str) -> Path:
        """What the last build of an image wrote."""
        return self.folder / "logs" / "images" / f"{title}.log"

    def base(self, over: str = "") -> Built:
        """The image below all others, over this system image, or over the one it is over already."""
        name = base_name()
        wanted = Wanted(name, {"org.mlabs.environment": "base", "org.mlabs.recipe": base_recipe()}, {})
        with self.locked():
            if over:
                wanted.labels["org.mlabs.system"] = str(system.find(self.client, over).id)
            if now := wanted.found(self.client):
                return built(name, now, changed=False)
            wanted.labels["org.mlabs.system"] = str(system.find(self.client, over).id)
            wanted.arguments["BASE"] = wanted.labels["org.mlabs.system"]
            return self.make("base", wanted, context.base)

    def build(self, spec: EnvironmentSpec, accelerator: str = "none") -> Built:
        """The image of an environment, built where it is not there or not current; raise BuildFailed."""
        base = self.base()
        with self.locked(), tempfile.TemporaryDirectory() as folder:
            own = wheel.build(Path(folder))
            wanted = image_of(spec, accelerator, base.id, own)
            if now := wanted.found(self.client):
                return built(wanted.name, now, changed=False)
            return self.make(
                title(spec, accelerator),
                wanted,
                lambda packages: context.environment(spec, accelerator, packages, own),
            )

    def make(self, name: str, wanted: Wanted, lay: Callable[[Packages], Context]) -> Built:
        """Build an image, with a log; what goes wrong becomes BuildFailed with the log's last lines."""
        file = self.log_file(name)
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("wb", buffering=0) as log:
            try:
                laid = lay(Packages(self.folder / "wheels", self.machine, log, self.report))
                for line in self.lines(wanted, laid):
                    log.write(f"{line}\n".encode())
            except FAILURES as error:
                raise failed(name, file, error) from error
        return built(wanted.name, self.client.images.get(wanted.name), changed=True)

    def lines(self, wanted: Wanted, laid: Context) -> Iterator[str]:
        """Let the engine build, and tell what it says; raise BuildStopped."""
        self.report("Sending what it is built from", 30)
        with laid.pack() as archive:
            for line in engine.build(self.client, archive, wanted.name, wanted.arguments, wanted.labels):
                if line.startswith("Step "):
                    step, _, steps = line.split()[1].partition("/")
                    self.report(f"Step {step} of {steps}", 30 + 69 * int(step) // int(steps))
                yield line

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One build at a time in this folder: whoever comes second finds what the first one made."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "images.lock").open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def failed(name: str, log: Path, error: Exception) -> BuildFailed:
    """What a person is told."""
    reason = error.message if isinstance(error, MLabsError) else str(error)
    last = uv.tail(log.read_text(errors="replace"))
    return BuildFailed(
        f"The image of {name} could not be built: {reason}\n{last}\nAll of it: {log}",
        detail={"image": name, "log": str(log), "tail": last},
    )


def built(name: str, image: Image, changed: bool) -> Built:
    """What is told of an image."""
    return Built(name=name, id=str(image.id), size=int(image.attrs["Size"]), changed=changed)


def base_name() -> str:
    """What the image below all others is called."""
    return f"{image_prefix()}base:{mlabs_ext.__version__}"


def title(spec: EnvironmentSpec, accelerator: str) -> str:
    """What an image is called in logs."""
    return spec.name if accelerator == "none" else f"{spec.name}-{accelerator}"


def image_of(spec: EnvironmentSpec, accelerator: str, base: str, own: Path) -> Wanted:
    """The image of an environment over the base of that id, with this wheel of MLabs in it."""
    recipe = spec.recipe(accelerator)
    labels = {
        "org.mlabs.environment": spec.name,
        "org.mlabs.accelerator": accelerator,
        "org.mlabs.recipe": recipe,
        "org.mlabs.base": base,
        "org.mlabs.wheel": wheel.digest(own),
        "org.mlabs.frameworks": json.dumps(spec.frameworks),
        "org.opencontainers.image.title": f"MLabs: {spec.title}",
        "org.opencontainers.image.description": spec.description,
        "org.opencontainers.image.version": mlabs_ext.__version__,
    }
    arguments = {
        "BASE": base_name(),
        "ACCELERATOR": accelerator,
        "APT": " ".join(spec.apt),
        "LAYER": f"{context.HOME}/.mlabs/environments/{spec.name}-{recipe}",
    }
    return Wanted(spec.image(accelerator), labels, arguments)
