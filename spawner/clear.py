"""Removes what one MLabs has in the engine, all but users' files: `python -m mlabs_spawner.clear PREFIX`."""

from __future__ import annotations

import contextlib
import sys
import time

from docker import APIClient

from mlabs_spawner import engine
from mlabs_spawner.firewall import RulesFailed
from mlabs_spawner.network import LabNetwork

LABEL = "org.mlabs.instance"
PATIENCE = 20


def clear(client: APIClient, prefix: str) -> None:
    """Remove the containers, the network and its rules; raise one of FAILURES, or RulesFailed."""
    image = ""
    deadline = time.monotonic() + PATIENCE
    while found := client.containers(all=True, filters={"label": f"{LABEL}={prefix}"}):
        for container in found:
            image = container["ImageID"]
            # A hub that ended meanwhile may have asked for the same.
            with contextlib.suppress(engine.APIError):
                client.remove_container(container["Id"], force=True, v=True)
        if time.monotonic() > deadline:
            break
    LabNetwork(name=prefix).remove(client, image or any_image(client))


def any_image(client: APIClient) -> str:
    """An image of MLabs', for a helper; empty where there is none."""
    found = client.images(filters={"label": "org.mlabs.environment"}, quiet=True)
    return found[0] if found else ""


def main(prefix: str) -> int:
    """The exit status."""
    try:
        with contextlib.closing(engine.connect()) as client:
            clear(client, prefix)
    except (RulesFailed, *engine.FAILURES) as failure:
        print(f"Something of {prefix} is left in Docker: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
