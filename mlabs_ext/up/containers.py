"""What `mlabs up` asks of a Docker engine before anything starts, and has removed when all has stopped."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from mlabs_ext.errors import MLabsError

if TYPE_CHECKING:
    from mlabs_ext.catalogue import Catalogue

TIMEOUT = 60


class Missing(Exception):
    """What has to be there first, in words."""


def offered(catalogue: Catalogue) -> tuple[list[str], list[str]]:
    """The names of the environments that have an image, and of those that have none; raise Missing.

    All that are enabled by name must have one; where none is named, one is enough.
    """
    from mlabs_images import engine

    specs = catalogue.all()
    try:
        client = engine.connect()
        built = [spec.name for spec in specs if engine.find(client, spec.image("none"))]
        client.close()
    except MLabsError as error:
        raise Missing(error.message) from error
    unbuilt = [spec.name for spec in specs if spec.name not in built]
    if unbuilt and (catalogue.enabled or not built):
        wanted = unbuilt if catalogue.enabled else [specs[0].name]
        raise Missing(
            f"These environments have no image yet: {', '.join(unbuilt)}. Build what you need first, for "
            f"example: mlabs images build {' '.join(wanted)}"
        )
    return built, unbuilt


def clear(prefix: str) -> None:
    """Remove containers and network of the MLabs of this prefix."""
    subprocess.run([sys.executable, "-m", "mlabs_spawner.clear", prefix], timeout=TIMEOUT, check=False)
