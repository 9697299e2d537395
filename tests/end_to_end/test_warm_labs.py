"""A lab that opens in a container which waited: for the person, and for their code, like any other."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from typing import Any

import pytest
from support import images
from support.kernels import printed
from support.person import Person
from support.up import Up
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from mlabs_spawner import engine, objects
from mlabs_spawner.warm_claim import LABEL, READY

pytestmark = pytest.mark.docker

SEEN = """
import json, os, sys
PARTS = ("TOKEN", "CONNECTION", "PID")
secret = {name for name in os.environ if name == "HOSTNAME" or any(part in name for part in PARTS)}
server = {name for name in os.environ if "%s" in os.environ[name]}
print(json.dumps({
    "variables": {name: os.environ[name] for name in sorted(set(os.environ) - secret - server)},
    "named after the server": sorted(server), "secret": sorted(secret),
    "path": sys.path, "cwd": os.getcwd(), "executable": sys.executable, "prefix": sys.prefix,
    "ids": [os.getuid(), os.getgid()],
    "magic": "runtime" in get_ipython().magics_manager.magics["line"],
    "modules": sorted(name for name in sys.modules if "." not in name and name != "runpy"),
}))
"""


class Opened:
    """A lab that was opened just now."""

    def __init__(self, up: Up, name: str):
        self.up, self.name = up, name
        self.person = Person(up.url, "ada", up.password)
        self.person.ok("POST", "labs", json={"name": name, "environment": "python"})
        self.path = self.person.start(name)

    def run(self, code: str) -> str:
        """What the code prints in a new kernel."""
        kernel = self.person.http.post(f"{self.path}api/kernels", json={}).json()["id"]
        url = f"{self.person.url}{self.path}api/kernels/{kernel}/channels".replace("http", "ws", 1)
        request = HTTPRequest(url, headers={"Authorization": f"token {self.person.token}"})

        async def run() -> str:
            return await asyncio.wait_for(printed(await websocket_connect(request), code), 300)

        try:
            return asyncio.run(run()).strip()
        finally:
            self.person.http.delete(f"{self.path}api/kernels/{kernel}")

    def close(self) -> None:
        self.person.close()

    def seen(self) -> dict[str, Any]:
        """What code in the next kernel sees of its surroundings, but for what names the server."""
        return json.loads(self.run(SEEN % self.name))

    def container(self, client: engine.APIClient) -> dict[str, Any]:
        """As the engine describes it."""
        return client.inspect_container(
            objects.server_object("ada", self.name).replace("mlabs", prefix(self.up), 1)
        )


def prefix(up: Up) -> str:
    return f"mlabs-{(up.data / 'secrets' / 'prefix').read_text().strip()}"


def waiting(client: engine.APIClient, up: Up) -> list[str]:
    """Those that wait, and are ready."""
    labels = [LABEL, f"org.mlabs.instance={prefix(up)}"]
    there = client.containers(filters={"label": labels, "name": f"{prefix(up)}-warm."})
    return [one["Id"] for one in there if READY in client.logs(one["Id"])]


def one_waits(client: engine.APIClient, up: Up) -> str:
    """The one that waits, once there is one."""
    deadline = time.monotonic() + 180
    while not (found := waiting(client, up)):
        assert time.monotonic() < deadline, up.said()
        time.sleep(0.2)
    # The kernel's own process is ready a moment later, and the pool then knows.
    time.sleep(1)
    return found[0]


def test_a_lab_that_opens_at_once_is_like_any_other(tmp_path):
    images.image("python")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "mlabs_config.py").write_text('c.WarmPool.sizes = {"python": 1}\n')
    up = Up(tmp_path / "data", "--spawner", "docker", "--environments", "python")
    with contextlib.closing(engine.connect()) as client, contextlib.ExitStack() as stack:
        try:
            up.wait_ready()
            # Before anybody came.
            first = one_waits(client, up)
            warm = stack.enter_context(contextlib.closing(Opened(up, "warm")))
            assert warm.container(client)["Id"] == first
            warm_first, warm_second = warm.seen(), warm.seen()
            second = one_waits(client, up)
            client.remove_container(second, force=True)
            ordinary = stack.enter_context(contextlib.closing(Opened(up, "ordinary")))
            assert ordinary.container(client)["Id"] != second
            expected = ordinary.seen()
            assert "JUPYTERHUB_API_TOKEN" in expected["secret"]
            assert warm_first == expected
            assert warm_second == expected
            assert warm.container(client)["State"]["Health"]["Status"] in ("healthy", "starting")
            warm.person.stop("warm")
            stack.close()
        finally:
            status = up.stop()
        assert status == 0, up.said()
        left = client.containers(all=True, filters={"label": f"org.mlabs.instance={prefix(up)}"})
        assert not left
