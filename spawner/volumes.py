"""The volume of a user's files, made where it is not there."""

from __future__ import annotations

from pathlib import Path

from docker import APIClient

from mlabs_spawner.engine import NotFound
from mlabs_spawner.homes import folder

LABEL = "org.mlabs.home"


def provide(client: APIClient, name: str, homes: str, user: str) -> None:
    """Make the volume `name`, which keeps the user's files below `homes`, or in the engine's own place.

    The engine gives an empty volume the owner that the image's folder has, whoever the hub runs as.
    """
    options = {}
    if homes:
        device = Path(homes).absolute() / folder(user)
        device.mkdir(mode=0o700, parents=True, exist_ok=True)
        options = {"type": "none", "o": "bind", "device": str(device)}
        forget_if_elsewhere(client, name, str(device))
    client.create_volume(name, driver="local", driver_opts=options, labels={LABEL: user})


def forget_if_elsewhere(client: APIClient, name: str, device: str) -> None:
    """Remove a volume that points to another folder, as after a move of the data directory; files stay."""
    try:
        found = (client.inspect_volume(name).get("Options") or {}).get("device")
    except NotFound:
        return
    if found and found != device:
        client.remove_volume(name)
