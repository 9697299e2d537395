"""Builds the images of environments, each over one base, and only what changed since it was last built."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import docker
from docker.errors import APIError
from docker.models.images import Image
from msgspec import Struct

import mlabs_ext
from mlabs_ext.catalogue import EnvironmentSpec, base_recipe
from mlabs_ext.errors import MLabsError, Unavailable
from mlabs_images import context, engine, wheel
from mlabs_images.context import Context
from mlabs_images.fetch import FetchFailed
from mlabs_images.locks import LockFailed
from mlabs_images.packages import Packages
from mlabs_spawner import uv

BASE_IMAGE = f"mlabs/base:{mlabs_ext.__version__}"
# Made by `mlabs images base`; else a public one.
OWN_SYSTEM, PUBLIC_SYSTEM = "mlabs/debian:bookworm", "debian:bookworm-slim"

Report = Callable[[str, int], None]


def quiet(message: str, percent: int) -> None:
    """Tell nobody."""


class BuildFailed(Unavailable):
    """An image could not be built; `detail`: `image`, `log`, `tail`."""

    code = "image_failed"


class Built(Struct):
    """An image that is there. `id` is the digest of its configuration; `changed` whether it was built now."""

    name: str
    id: str
    size: int
    changed: bool


class Builder:
    """Builds images on one engine; `folder` keeps fetched packages and logs."""

    def __init__(self, client: docker.DockerClient, folder: Path):
        self.client, self.folder = client, folder
        self.machine = str(client.info()["Architecture"])

    def log_file(self, name: str) -> Path:
        """What the last build of an image wrote."""
        return self.folder / "logs" / "images" / f"{name}.log"

    def base(self, system: str = "", report: Report = quiet) -> Built:
        """The image below all others, over `system`, or over what it is over already; raise BuildFailed."""
        now = engine.find(self.client, BASE_IMAGE)
        wanted = {"org.mlabs.environment": "base", "org.mlabs.recipe": base_recipe()}
        if system:
            wanted["org.mlabs.system"] = self.system(system).id
        if now and wanted.items() <= engine.labels(now).items():
            return built(BASE_IMAGE, now, changed=False)
        wanted["org.mlabs.system"] = self.system(system).id
        with self.making("base") as packages:
            laid = context.base(packages)
            return self.run(BASE_IMAGE, laid, {"BASE": wanted["org.mlabs.system"]}, wanted, packages.log, report)

    def system(self, name: str) -> Image:
        """The system image to start from, pulled where it is not here; raise BuildFailed with what to do."""
        for known in [name] if name else [OWN_SYSTEM, PUBLIC_SYSTEM]:
            if image := engine.find(self.client, known):
                return image
        try:
            return self.client.images.pull(name or PUBLIC_SYSTEM)
        except APIError as error:
            raise BuildFailed(
                f"The image {name or PUBLIC_SYSTEM}, which all others are built on, is not here and could not be "
                f"pulled: {error.explanation or error}. Without a registry, `mlabs images base` makes one from "
                "Debian's packages; or name one that is here and has Python 3.11: `mlabs images build --base IMAGE`."
            ) from error

    def build(self, spec: EnvironmentSpec, accelerator: str = "none", report: Report = quiet) -> Built:
        """The image of an environment, built where it is not what it would be built from; raise BuildFailed."""
        base, name = self.base(report=report), spec.image(accelerator)
        with tempfile.TemporaryDirectory() as folder:
            own = wheel.build(Path(folder))
            wanted = labels(spec, accelerator) | {
                "org.mlabs.base": base.id,
                "org.mlabs.wheel": hashlib.sha256(own.read_bytes()).hexdigest(),
            }
            now = engine.find(self.client, name)
            if now and wanted.items() <= engine.labels(now).items():
                return built(name, now, changed=False)
            with self.making(spec.name + name.partition(":")[2][12:]) as packages:
                report("Fetching packages", 2)
                laid = context.environment(spec, accelerator, packages, own)
                return self.run(name, laid, arguments(spec, accelerator, base), wanted, packages.log, report)

    @contextmanager
    def making(self, name: str) -> Iterator[Packages]:
        """A build with its log; what goes wrong becomes BuildFailed with the log's last lines."""
        file = self.log_file(name)
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("wb", buffering=0) as log:
            try:
                yield Packages(self.folder / "wheels", self.machine, log)
            except (engine.BuildStopped, FetchFailed, LockFailed, OSError) as error:
                reason = error.message if isinstance(error, MLabsError) else str(error)
                last = uv.tail(file.read_text(errors="replace"))
                raise BuildFailed(
                    f"The image of {name} could not be built: {reason}\n{last}\nAll of it: {file}. "
                    f"To try again: mlabs images build {name}",
                    detail={"image": name, "log": str(file), "tail": last},
                ) from error

    def run(
        self,
        name: str,
        laid: Context,
        arguments: dict[str, str],
        labels: dict[str, str],
        log: IO[bytes],
        report: Report,
    ) -> Built:
        """Let the engine build; raise BuildStopped."""
        with laid.pack() as archive:
            events = self.client.api.build(
                fileobj=archive,
                custom_context=True,
                tag=name,
                buildargs=arguments,
                labels=labels,
                rm=True,
                forcerm=True,
                decode=True,
            )
            for line in engine.words(events):
                log.write(f"{line}\n".encode())
                if line.startswith("Step "):
                    step, _, steps = line.split()[1].partition("/")
                    report(line, 20 + 79 * int(step) // int(steps))
        return built(name, self.client.images.get(name), changed=True)


def built(name: str, image: Image, changed: bool) -> Built:
    """What is told of an image."""
    return Built(name=name, id=str(image.id), size=int(image.attrs["Size"]), changed=changed)


def arguments(spec: EnvironmentSpec, accelerator: str, base: Built) -> dict[str, str]:
    """The build arguments that the Dockerfile of an environment takes."""
    layer = f"{context.HOME}/.mlabs/environments/{spec.name}-{spec.recipe(accelerator)}"
    return {"BASE": base.name, "APT": " ".join(spec.apt), "ACCELERATOR": accelerator, "LAYER": layer}


def labels(spec: EnvironmentSpec, accelerator: str) -> dict[str, str]:
    """What an image says of itself."""
    return {
        "org.mlabs.environment": spec.name,
        "org.mlabs.accelerator": accelerator,
        "org.mlabs.recipe": spec.recipe(accelerator),
        "org.mlabs.frameworks": json.dumps(spec.frameworks),
        "org.opencontainers.image.title": f"MLabs: {spec.title}",
        "org.opencontainers.image.description": spec.description,
        "org.opencontainers.image.version": mlabs_ext.__version__,
    }
