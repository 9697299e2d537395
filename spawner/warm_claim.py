"""How a waiting container becomes a person's server.

What cannot be changed later it has in common with an ordinary one. It is given late: its name, limits and
files, and over its standard input, which nobody else reaches, all that is secret.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from threading import Lock
from typing import Any

import msgspec
from docker import APIClient
from docker.errors import APIError
from docker.utils.socket import frames_iter
from msgspec import Struct

from mlabs_ext import warm
from mlabs_spawner import engine

LABEL = "org.mlabs.warm"
PYTHON = "/opt/mlabs/bin/python"
COMMAND = [PYTHON, "-m", warm.__name__]
# What one says that is ready.
READY = warm.READY.encode()
# While it waits there is nothing to ask; afterwards only the server itself knows where it answers.
HEALTHY = "test ! -s /run/mlabs-address || JUPYTERHUB_SERVICE_URL=$(cat /run/mlabs-address) health"
HEALTH = {"test": ["CMD-SHELL", HEALTHY], "interval": 30_000_000_000, "timeout": 5_000_000_000, "retries": 3}
# Seconds for a container to take a line, or to answer one.
TIMEOUT = 30
GIVEN_LATE = ("environment", "command", "name", "labels")
HOST_GIVEN_LATE = ("Binds", "Memory", "MemorySwap", "CpuQuota", "CpuPeriod")
RIGHTS = ["SYS_ADMIN", "SYS_PTRACE", "SYS_CHROOT", "CHOWN", "DAC_OVERRIDE", "FOWNER"]


class ClaimFailed(Exception):
    """A waiting container cannot be used for this server; why, for the log."""


class Mount(Struct):
    """A folder of the engine's machine, or a named volume, and where it belongs in a container."""

    source: str
    target: str
    read_only: bool
    # Where the image's own content of that place is, for a folder that is empty.
    template: str | None = None


def recipe(ordinary: dict[str, Any]) -> str:
    """What two containers must have in common to take each other's place: all that cannot be given late."""
    common = {key: value for key, value in ordinary.items() if key not in GIVEN_LATE}
    common["host_config"] = {
        key: value for key, value in ordinary["host_config"].items() if key not in HOST_GIVEN_LATE
    }
    endpoints = ordinary.get("networking_config", {}).get("EndpointsConfig", {})
    common["networking_config"] = [
        (name, {key: value for key, value in endpoint.items() if key != "IPAMConfig"})
        for name, endpoint in sorted(endpoints.items())
    ]
    common["health"] = HEALTHY
    return hashlib.sha256(json.dumps(common, sort_keys=True, default=str).encode()).hexdigest()[:32]


def waiting(ordinary: dict[str, Any], name: str, labels: dict[str, str]) -> dict[str, Any]:
    """What to create instead, so that it can wait without a person and become what `ordinary` describes.

    Places for files are volumes of its own until then; they go with it.
    """
    host = {key: value for key, value in ordinary["host_config"].items() if key != "Binds"}
    late = {"name": name, "labels": labels, "command": COMMAND, "environment": {}, "host_config": host}
    return {**ordinary, **late, "stdin_open": True, "healthcheck": HEALTH}


def mounts(client: APIClient, ordinary: dict[str, Any], container: dict[str, Any]) -> list[Mount]:
    """What a waiting container lacks; raise ClaimFailed for what only the engine itself can mount."""
    if ordinary["host_config"].get("Mounts"):
        raise ClaimFailed("it has mounts of the kind that only the engine makes")
    own = {one["Destination"]: one["Source"] for one in container["Mounts"]}
    found = []
    for bind in ordinary["host_config"].get("Binds") or ():
        source, target, mode = bind.rsplit(":", 2)
        template = None if source.startswith("/") else own.get(target)
        found.append(Mount(folder(client, source), target, "ro" in mode.split(","), template))
    return sorted(found, key=lambda one: one.target.count("/"))


def folder(client: APIClient, source: str) -> str:
    """Where a volume's files are on the engine's machine."""
    if source.startswith("/"):
        return source
    volume = client.inspect_volume(source)
    options = volume.get("Options") or {}
    if volume["Driver"] != "local" or (options and options.get("o") != "bind"):
        raise ClaimFailed(f"volume {source} is not a folder of the engine's machine")
    return str(options.get("device") or volume["Mountpoint"])


def become(client: APIClient, mounter: Mounter, container: str, ordinary: dict[str, Any]) -> None:
    """Give a waiting container all but its secrets; raise ClaimFailed or what the engine raises.

    The name comes first: it is what tells one that is taken from one that waits, also for another hub.
    """
    client.rename(container, ordinary["name"])
    found = client.inspect_container(container)
    if not found["State"]["Running"]:
        raise ClaimFailed("it ended while it waited")
    mounter.mount(container, found["State"]["Pid"], mounts(client, ordinary, found))
    wanted, has = ordinary["host_config"], found["HostConfig"]
    if any(wanted.get(key, 0) != has.get(key, 0) for key in HOST_GIVEN_LATE[1:]):
        client.update_container(
            container,
            mem_limit=wanted.get("Memory", 0),
            memswap_limit=wanted.get("MemorySwap", 0),
            cpu_quota=wanted.get("CpuQuota", 0),
            cpu_period=wanted.get("CpuPeriod", 0),
        )


def tell(client: APIClient, container: str, ordinary: dict[str, Any]) -> None:
    """Tell a container that was given its files what to run, with all that is that person's alone."""
    env = ordinary["environment"]
    if not isinstance(env, dict):
        env = dict(line.split("=", 1) for line in env)
    line = msgspec.json.encode({"command": ordinary["command"], "env": env})
    streams = Streams(client, container, stdin=1)
    try:
        streams.send(line + b"\n")
    finally:
        streams.close()


class Streams:
    """A container's standard input, and output where that is asked for."""

    def __init__(self, client: APIClient, container: str, **which: int):
        self.file = client.attach_socket(container, params={**which, "stream": 1})
        self.socket = getattr(self.file, "_sock", self.file)
        self.socket.settimeout(TIMEOUT)
        self.said = frames_iter(self.file, tty=False)

    def send(self, line: bytes) -> None:
        """Write all of it to the input."""
        self.socket.sendall(line)

    def read_line(self) -> bytes:
        """The next line of the output; raise StopIteration where it has ended."""
        line = b""
        while not line.endswith(b"\n"):
            line += next(self.said)[1]
        return line

    def close(self) -> None:
        """Leave the container alone; the socket is held by the answer that it came with, too."""
        if hasattr(self.file, "_response"):
            self.file._response.close()
        self.file.close()
        self.socket.close()


class Mounter:
    """A helper container with the right to mount in others. No network, no files, nobody's input but ours."""

    def __init__(self, client: APIClient, instance: str):
        self.client, self.name = client, f"{instance}.mounter"
        self.labels = {"org.mlabs.instance": instance, LABEL: "mounter"}
        self.lock = Lock()
        self.streams: Streams | None = None

    def mount(self, container: str, pid: int, wanted: list[Mount]) -> None:
        """Mount all these; raise ClaimFailed."""
        request = {"container": container, "pid": pid, "mounts": msgspec.to_builtins(wanted)}
        with self.lock:
            try:
                error = self.ask(msgspec.json.encode(request) + b"\n")
            except (OSError, StopIteration, ValueError) as failure:
                self.forget()
                raise ClaimFailed(f"the helper that mounts files ended: {failure!r}") from failure
        if error:
            raise ClaimFailed(f"its files could not be mounted: {error}")

    def ask(self, line: bytes) -> str:
        """One request, one answer."""
        if self.streams is None:
            raise OSError("it was not started")
        self.streams.send(line)
        return str(json.loads(self.streams.read_line())["error"])

    def start(self, image: str) -> None:
        """Have it run, by any image of MLabs'."""
        with self.lock:
            if self.streams is None:
                self.remove()
                made = self.client.create_container(**self.description(image))
                self.client.start(made["Id"])
                self.streams = Streams(self.client, made["Id"], stdin=1, stdout=1)

    def description(self, image: str) -> dict[str, Any]:
        """The container: no more than it takes to enter the namespaces of others."""
        source = (Path(__file__).parent / "mounter.py").read_text()
        host = self.client.create_host_config(
            cap_drop=["ALL"],
            cap_add=RIGHTS,
            security_opt=[
                *("no-new-privileges:true", "apparmor=unconfined", "seccomp=unconfined", "label=disable")
            ],
            pid_mode="host",
            network_mode="none",
            read_only=True,
            mem_limit="256m",
            pids_limit=64,
        )
        return {
            "image": image,
            "name": self.name,
            "labels": self.labels,
            "user": "0",
            "entrypoint": [PYTHON, "-I", "-S", "-c", source],
            "command": [],
            "stdin_open": True,
            "healthcheck": {"test": ["NONE"]},
            "host_config": host,
        }

    def forget(self) -> None:
        """It is of no use any more; the next `start` makes another."""
        streams, self.streams = self.streams, None
        if streams:
            streams.close()

    def remove(self) -> None:
        """End it."""
        self.forget()
        remove(self.client, self.name)


def remove(client: APIClient, container: str) -> None:
    """Remove a container, its own volumes included, if it is there."""
    try:
        client.remove_container(container, force=True, v=True)
    except APIError as error:
        if error.status_code not in (404, 409):
            raise


def memory(client: APIClient, container: str) -> int:
    """Bytes that a container holds, less what is only a cache."""
    said = client.stats(container, stream=False, one_shot=True).get("memory_stats") or {}
    stats = said.get("stats") or {}
    cache = stats.get("total_inactive_file", stats.get("inactive_file", 0))
    return max(0, said.get("usage", 0) - cache)


__all__ = ["ClaimFailed", "Mounter", "become", "engine", "memory", "recipe", "remove", "tell", "waiting"]
