"""Images of environments, for tests that start containers: built once, by the product's own builder."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

import docker
import pytest

from mlabs_ext.catalogue import Catalogue
from mlabs_images import engine, system
from mlabs_images.build import Builder, Built
from support import needs


def prefix() -> str:
    """What the names of this checkout's images begin with: they hold its MLabs, and not that of others.

    Layers are shared all the same: an image that another checkout built already is a name more.
    """
    checkout = hashlib.sha256(str(needs.CHECKOUT).encode()).hexdigest()[:10]
    return "mlabs/" if taken_as_they_are() else f"mlabs-test-{checkout}/"


def taken_as_they_are() -> bool:
    """Whether images are not to be built."""
    return os.environ.get("MLABS_TEST_IMAGES") == "there"


@cache
def built(environment: str, accelerator: str = "none") -> Built:
    """An environment's image, built where it is not there or not current.

    `MLABS_TEST_IMAGES` names a folder that keeps fetched packages and logs; with `there` in its place, an
    image that is there is taken as it is.
    """
    needs.insist("docker")
    client = engine.connect()
    try:
        spec = Catalogue().get(environment)
        if taken_as_they_are():
            return there(client, spec.image(accelerator))
        return builder(client).build(spec, accelerator)
    finally:
        client.close()


def image(environment: str) -> str:
    """The name of an environment's image."""
    return built(environment).name


def builder(client: docker.DockerClient) -> Builder:
    """A builder with a base to build on; where no registry is, the base is made from Debian's packages."""
    if not any(engine.find(client, name) for name in (system.OWN, system.PUBLIC)) and shutil.which(
        "mmdebstrap"
    ):
        system.make(client)
    return Builder(client, folder())


def folder() -> Path:
    """Where fetched packages and logs are kept."""
    given = os.environ.get("MLABS_TEST_IMAGES", "there")
    return (
        Path(tempfile.gettempdir(), f"mlabs-test-images-{os.geteuid()}") if given == "there" else Path(given)
    )


def there(client: docker.DockerClient, name: str) -> Built:
    """The image of that name, as it is; skip the test where there is none."""
    found = engine.find(client, name)
    if found is None:
        pytest.skip(f"there is no image {name}")
    return Built(name=name, id=str(found.id), size=int(found.attrs["Size"]), changed=False)
