"""Images of environments, for tests that start containers."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest

from mlabs_ext.catalogue import Catalogue
from mlabs_images import engine
from mlabs_images.build import Builder
from support import needs


@cache
def image(environment: str) -> str:
    """The name of an environment's image, built where it is not there or not current.

    `MLABS_TEST_IMAGES` names a folder that keeps fetched packages and logs; with `there` in its place, an
    image that is there is taken as it is.
    """
    needs.insist("docker")
    given = os.environ.get("MLABS_TEST_IMAGES") or ".mlabs-test-images"
    client = engine.connect()
    try:
        spec = Catalogue().get(environment)
        if given == "there":
            if not engine.find(client, spec.image("none")):
                pytest.skip(f"there is no image {spec.image('none')}")
            return spec.image("none")
        return Builder(client, Path(given).absolute()).build(spec).name
    finally:
        client.close()
