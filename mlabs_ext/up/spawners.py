"""Where users' servers can run: spawner classes, by the names of `--spawner` and MLABS_SPAWNER."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from typing import Any

from mlabs_ext.up.address import Address
from mlabs_ext.up.data import DataDir

SPAWNERS = {
    "local": "mlabs_spawner.local.LocalSpawner",
    "docker": "mlabs_spawner.docker.DockerLabSpawner",
    "swarm": "mlabs_spawner.swarm.SwarmLabSpawner",
    "kube": "mlabs_spawner.kube.KubeLabSpawner",
}
# How Docker's own programs find an engine elsewhere.
ENGINE = ("DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "DOCKER_API_VERSION")


def door(data: DataDir, address: Address, port: int, settings: str) -> dict[str, Any]:
    """The service of the hub that passes connections of containers on to the proxy."""
    to = address.local_url.removeprefix("http://")
    network = [f"--LabNetwork.name={data.prefix()}", f"--LabNetwork.port={port}"]
    return {
        "name": "mlabs-door",
        "command": kept(sys.executable, "-m", "mlabs_spawner.relay", f"--to={to}", *network),
        "cwd": str(data.path),
        "environment": {"MLABS_CONFIG": settings, **engine()},
        "display": False,
    }


def file_server(data: DataDir, port: int) -> dict[str, Any]:
    """The service of the hub that gives servers on lent machines the files of their labs."""
    return {
        "name": "mlabs-files",
        "url": f"http://127.0.0.1:{port}",
        "command": kept(sys.executable, "-m", "mlabs_spawner.file_server"),
        "cwd": str(data.path),
        "environment": {"MLABS_DATA": str(data.path)},
        "display": False,
    }


def kept(*command: str, hand: Sequence[str] = ()) -> list[str]:
    """The command of a service that is started again whenever it dies, and ends with this process.

    It gets those of this process' variables whose names begin as `hand` says.
    """
    return [sys.executable, "-m", "mlabs_ext.up.keeper", str(os.getpid()), shlex.join(command), *hand]


def engine() -> dict[str, str]:
    """The variables by which the engine is found."""
    return {name: os.environ[name] for name in ENGINE if name in os.environ}
