"""The Docker engine as images need it: reached as `docker` itself reaches it, with plain words where it is not."""

from __future__ import annotations

from collections.abc import Iterator

import docker
from docker.errors import DockerException, ImageNotFound
from docker.models.images import Image

from mlabs_ext.errors import Unavailable


class NoEngine(Unavailable):
    """No Docker engine answers."""

    code = "docker_absent"


def connect() -> docker.DockerClient:
    """The engine of `DOCKER_HOST`, else of the default socket; raise NoEngine with what to do."""
    try:
        # A build step that compiles says nothing for minutes.
        client = docker.from_env(timeout=1800)
        client.ping()
    except DockerException as error:
        raise NoEngine(
            f"The Docker engine does not answer: {error}. Install Docker (Debian: `apt-get install docker.io`), "
            "start it (`systemctl start docker`, or `dockerd` as root), and see that you may use it: "
            "`docker info` must work for you."
        ) from error
    return client


def find(client: docker.DockerClient, name: str) -> Image | None:
    """The image of that name or id, if the engine has it."""
    try:
        return client.images.get(name)
    except ImageNotFound:
        return None


def labels(image: Image | None) -> dict[str, str]:
    """The labels of an image; none where there is no image."""
    return dict(image.labels) if image else {}


def words(events: Iterator[dict[str, object]]) -> Iterator[str]:
    """What a build or a pull says, line by line; raise Unavailable with the engine's own words where it fails."""
    for event in events:
        if "error" in event:
            raise BuildStopped(str(event["error"]).strip())
        for line in str(event.get("stream") or "").splitlines():
            if line.strip():
                yield line.rstrip()


class BuildStopped(Exception):
    """The engine gave up a build; the message is its own."""
