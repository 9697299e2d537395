"""The Docker engine as images need it: reached as `docker` reaches it, with plain words where it is not."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import IO

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
            f"The Docker engine does not answer: {error}. Install Docker (Debian: `apt-get install "
            "docker.io`), start it (`systemctl start docker`, or `dockerd` as root), and see that you may "
            "use it: `docker info` must work for you."
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


def build(
    client: docker.DockerClient,
    archive: IO[bytes],
    name: str,
    arguments: Mapping[str, str],
    labels: Mapping[str, str],
) -> Iterator[str]:
    """Build an image, and tell line by line what that says; raise BuildStopped in the engine's words."""
    for event in client.api.build(
        fileobj=archive,
        custom_context=True,
        tag=name,
        buildargs={**proxies(), **arguments},
        labels=dict(labels),
        rm=True,
        forcerm=True,
        decode=True,
    ):
        if "error" in event:
            raise BuildStopped(str(event["error"]).strip())
        for line in str(event.get("stream") or "").splitlines():
            if line.strip():
                yield line.rstrip()


def proxies() -> dict[str, str]:
    """The machine's proxies, for apt; Docker keeps arguments of these names out of the image."""
    names = ("http_proxy", "https_proxy", "ftp_proxy", "no_proxy")
    return {key: value for key, value in os.environ.items() if key.lower() in names and value}


class BuildStopped(Exception):
    """The engine gave up a build; the message is its own."""
