"""What `mlabs up` needs of a Swarm or a Kubernetes cluster before anything starts."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

from mlabs_ext.errors import MLabsError
from mlabs_ext.up.address import EVERYWHERE, Address
from mlabs_ext.up.containers import Missing

# What Kubernetes tells every process in a pod.
IN_CLUSTER = "KUBERNETES_SERVICE_HOST"
# Whose homes are, in the images of labs.
OWNER = 1000


def check(spawner: str, host: str, homes_are_folders: bool = True) -> None:
    """Raise Missing, with what to do, where labs of this spawner could not start or not reach MLabs."""
    if spawner == "swarm":
        check_swarm(host, homes_are_folders)
    if spawner == "kube":
        check_kube(host)


def check_swarm(host: str, homes_are_folders: bool) -> None:
    """The engine must manage a Swarm, nodes must reach MLabs at `host`, and homes must be MLabs' to give."""
    from mlabs_images import engine

    if homes_are_folders and os.geteuid() not in (0, OWNER):
        raise Missing(
            "On a Swarm, homes are folders that MLabs makes and gives to the user of the labs' containers, "
            f"which takes root. Run it as root, or as the user {OWNER}; or have homes in volumes of a "
            'driver: c.SwarmLabSpawner.homes = ""'
        )
    try:
        client = engine.connect()
        swarm = client.info()["Swarm"]
        client.close()
    except MLabsError as error:
        raise Missing(error.message) from error
    if not swarm.get("ControlAvailable"):
        raise Missing(
            "This Docker engine does not manage a Swarm. Run MLabs on a manager, or make this machine one: "
            "docker swarm init"
        )
    if unreachable(host):
        raise Missing(
            "Labs on the nodes of a Swarm reach MLabs by an address of this machine. Name it, for example: "
            f"mlabs up --spawner swarm --host {swarm['NodeAddr']}"
        )


def check_kube(host: str) -> None:
    """There must be a cluster that this machine knows how to ask."""
    if importlib.util.find_spec("kubespawner") is None:
        raise Missing('What asks Kubernetes is not installed: pip install "mlabs[hub,kube]"')
    configs = (os.environ.get("KUBECONFIG") or str(Path.home() / ".kube" / "config")).split(os.pathsep)
    if IN_CLUSTER not in os.environ and not any(Path(config).is_file() for config in configs):
        raise Missing(
            "No Kubernetes cluster is configured here: this is no pod, and there is no ~/.kube/config or "
            "KUBECONFIG. MLabs runs best inside the cluster: see deploy/kubernetes."
        )
    if unreachable(host):
        raise Missing(
            "Labs in pods reach MLabs by an address of this machine, and its proxy reaches them in the pods' "
            "own network. Name an address, for example: mlabs up --spawner kube --host 10.0.0.1"
        )


def unreachable(host: str) -> bool:
    """Whether other machines cannot be told this address."""
    return host in EVERYWHERE or Address(host).loopback
