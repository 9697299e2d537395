"""Checks of the container engine: it answers, can limit what it runs, and has the images that are offered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mlabs_ext.catalogue import EnvironmentSpec
from mlabs_ext.doctor.found import Found, NotHere, fault, warning
from mlabs_ext.doctor.here import Here
from mlabs_ext.errors import MLabsError

# Docker 20.10.
OLDEST_API = (1, 41)
# By this one nvidia-smi asks which GPUs there are.
NVIDIA = Path("/dev/nvidiactl")
LIMITS = {
    "MemoryLimit": "memory",
    "SwapLimit": "swap",
    "PidsLimit": "the number of processes",
    "CpuCfsQuota": "processor time",
}


def engine(here: Here) -> Iterator[Found]:
    """It answers, and is new enough."""
    here.need_spawner("docker", "swarm")
    from mlabs_images import engine as docker

    try:
        client = docker.connect()
    except MLabsError as error:
        yield fault(error.message)
        return
    version = client.version()
    client.close()
    api = tuple(int(part) for part in version["ApiVersion"].split("."))
    if api < OLDEST_API:
        yield fault(f"The engine's API is {version['ApiVersion']}; MLabs needs 1.41 (Docker 20.10) or newer.")


def limits(here: Here) -> Iterator[Found]:
    """It can limit what a lab takes."""
    about = info(here)
    for name, words in LIMITS.items():
        if not about.get(name):
            yield fault(f"This engine cannot limit {words}.")
    if str(about.get("CgroupVersion", "2")) != "2":
        yield warning("This machine has control groups of version 1, which Docker is about to give up.")


def images(here: Here) -> Iterator[Found]:
    """The environments that are offered have an image."""
    info(here)
    from mlabs_images import engine as docker

    client = docker.connect()
    missing = [spec.name for spec in here.catalogue.all() if not docker.find(client, spec.image("none"))]
    client.close()
    if missing:
        every = len(missing) == len(here.catalogue.all())
        level = fault if every or here.environ.get("MLABS_ENVIRONMENTS") else warning
        yield level(f"There is no image of: {', '.join(missing)}.")


def gpus(here: Here) -> Iterator[Found]:
    """Where accelerators are to be given out, containers can have them."""
    from mlabs_spawner.inventory import detect

    named, found = here.setting("Gpus", "devices"), detect()
    devices = named or list(found)
    if not devices or not any(map(with_gpu, here.catalogue.all())):
        raise NotHere("no accelerator is configured or found")
    if not named and here.hub and hidden(here.hub):
        yield fault(
            "The hub that runs sees no GPU of this machine: its unit hides them. Take PrivateDevices from "
            "it, as deploy/one-machine/mlabs.service does, or name the GPUs in c.Gpus.devices; then restart "
            "MLabs."
        )
    lost = [one for one in devices if found and one not in found and not one.isdigit()]
    if lost:
        yield fault(f"c.Gpus.devices names accelerators that are not there: {', '.join(lost)}.")
    if here.spawner == "local" and not found:
        yield fault("c.Gpus.devices names accelerators, and nvidia-smi finds none.")
    if here.spawner in ("docker", "swarm") and "nvidia" not in info(here).get("Runtimes", {}):
        yield fault("Accelerators are configured, and the Docker engine has no NVIDIA runtime.")


def hidden(hub: int) -> bool:
    """Whether the GPUs that are here are not among the devices that this process has."""
    return NVIDIA.exists() and not Path(f"/proc/{hub}/root{NVIDIA}").exists()


def with_gpu(spec: EnvironmentSpec) -> bool:
    """Whether an environment is made for one."""
    return "gpu" in spec.accelerators


def info(here: Here) -> dict[str, Any]:
    """What the engine says of itself."""
    here.need_spawner("docker", "swarm")
    from mlabs_images import engine as docker

    try:
        client = docker.connect()
    except MLabsError as error:
        raise NotHere("the engine does not answer") from error
    try:
        return client.info()
    finally:
        client.close()
