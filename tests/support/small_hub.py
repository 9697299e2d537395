"""A real hub with the local spawner and no proxy, as a process that tests may kill and start again.

With the real service beside it where a test needs that.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from mlabs_ext.catalogue import read
from mlabs_spawner.installation import kernel_spec, marker
from mlabs_spawner.virtualenvs import Virtualenvs, variant
from support.kernels import printed
from support.plain import PLAIN
from support.runtime_service import TOKEN
from support.waiting import free_port

CONFIG = Path(__file__).parents[1] / "spawner" / "hub_config.py"
ADMIN = "test-token-of-an-administrator"


class SmallHub:
    def __init__(self, data, service_url, extra, environments):
        port = free_port()
        self.data, self.url = data, f"http://127.0.0.1:{port}/hub"
        self.environment = {
            "TEST_DATA": str(data),
            "TEST_HUB_PORT": str(port),
            "TEST_TOKEN": ADMIN,
            "TEST_SERVICE": service_url,
            "TEST_SERVICE_TOKEN": TOKEN,
            "TEST_EXTRA": str(extra),
            "TEST_ENVIRONMENTS": str(environments),
        }
        self.api = httpx.Client(
            base_url=f"{self.url}/api",
            headers={"Authorization": f"token {ADMIN}"},
            timeout=60,
            verify=PLAIN,
        )

    def start(self):
        with (self.data / "hub.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "mlabs_ext.quick", "jupyterhub", "-f", str(CONFIG)],
                env={**os.environ, **self.environment},
                cwd=self.data,
                stdout=log,
                stderr=log,
            )
        end = time.monotonic() + 60
        while not self.answers():
            assert self.process.poll() is None, (self.data / "hub.log").read_text()
            assert time.monotonic() < end, (self.data / "hub.log").read_text()
            time.sleep(0.1)

    def answers(self):
        try:
            return self.api.get("/").is_success
        except httpx.TransportError:
            return False

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        self.process.wait(30)

    def close(self):
        servers = [one for user in self.api.get("/users").json() for one in user["servers"].values()]
        self.stop()
        for server in servers:
            os.killpg(server["state"]["pid"], signal.SIGTERM)
        self.api.close()

    def ask(self, user, server, options=None):
        """Ask for a start, as JupyterHub's API does."""
        self.api.post(f"/users/{user}")
        body = {} if options is None else {"user_options": options}
        where = f"/users/{user}/servers/{server}" if server else f"/users/{user}/server"
        return self.api.post(where, json=body)

    def progress(self, user, server):
        """All events of a start, up to the last."""
        with self.api.stream("GET", f"/users/{user}/servers/{server}/progress") as answer:
            lines = [line for line in answer.iter_lines() if line.startswith("data: ")]
        return [json.loads(line.removeprefix("data: ")) for line in lines]

    def refusal(self, user, server, options):
        """The words of a start that fails, and its status where that is told at once."""
        answer = self.ask(user, server, options)
        # One that fails in the moment in which the answer is due is answered as if it went well.
        if answer.is_success:
            last = self.progress(user, server)[-1]
            assert last.get("failed"), last
            return None, last["message"]
        return answer.status_code, answer.json()["message"]

    def start_server(self, user, server, options=None):
        """Start it; all events of the start, which are only told while it goes on."""
        with ThreadPoolExecutor(1) as asking:
            asked = asking.submit(self.ask, user, server, options)
            while not (self.pending(user, server) or asked.done()):
                time.sleep(0.02)
            events = self.progress(user, server)
            answer = asked.result()
        assert answer.status_code in (201, 202), answer.text
        assert events and events[-1].get("ready"), events
        return events

    def pending(self, user, server):
        """Whether it is being started now."""
        servers = self.api.get(f"/users/{user}", params={"include_stopped_servers": "true"})
        one = servers.json().get("servers", {}).get(server) if servers.is_success else None
        return bool(one and one["pending"] == "spawn")

    def stop_server(self, user, server):
        answer = self.api.delete(f"/users/{user}/servers/{server}", params={"remove": "false"})
        end = time.monotonic() + 30
        while answer.status_code == 202 and self.server(user, server):
            assert time.monotonic() < end
            time.sleep(0.1)

    def server(self, user, server):
        """What the hub says of a server; None where it does not run."""
        return self.api.get(f"/users/{user}").json()["servers"].get(server)

    def target(self, user, server):
        """Where a server really listens."""
        routes = json.loads((self.data / "routes.json").read_text())
        return routes[f"/user/{user}/{server}/"]["target"]

    def client(self, user, server):
        """A client of the user's server, as the user."""
        token = self.api.post(f"/users/{user}/tokens", json={}).json()["token"]
        return httpx.Client(
            base_url=f"{self.target(user, server)}/user/{user}/{server}/api",
            headers={"Authorization": f"token {token}"},
            timeout=60,
            verify=PLAIN,
        )

    async def run(self, user, server, code):
        """Run code in a new kernel, and return what it prints."""
        with self.client(user, server) as client:
            kernel = client.post("/kernels", json={}).json()["id"]
            url = f"{client.base_url}kernels/{kernel}/channels".replace("http", "ws", 1)
            request = HTTPRequest(url, headers={"Authorization": client.headers["Authorization"]})
            try:
                return await printed(await websocket_connect(request), code)
            finally:
                client.delete(f"/kernels/{kernel}")


class SmallSuite(SmallHub):
    """The hub with the real service; `settings` are the service's."""

    def __init__(self, data, extra, environments, settings, **variables):
        port = free_port()
        self.service_url = f"http://127.0.0.1:{port}/services/mlabs/"
        super().__init__(data, self.service_url, extra, environments)
        self.environment |= {"TEST_SERVICE_PORT": str(port), **variables}
        (data / "service.py").write_text(f"c.Catalogue.extra = {str(extra)!r}\n{settings}")
        self.people = {}

    def start(self):
        super().start()
        end = time.monotonic() + 60
        while not self.service_answers():
            assert time.monotonic() < end, (self.data / "hub.log").read_text()
            time.sleep(0.1)

    def service_answers(self):
        try:
            return httpx.get(f"{self.service_url}healthz", verify=PLAIN).is_success
        except httpx.TransportError:
            return False

    def service_pid(self):
        """The service's own process; a keeper is between it and the hub."""
        for process in psutil.Process(self.process.pid).children(recursive=True):
            # Of a process that has just ended nothing is left to read.
            with contextlib.suppress(psutil.NoSuchProcess):
                if process.cmdline()[-1:] == ["mlabs_ext.service"]:
                    return process.pid
        return None

    def person(self, name, groups=()):
        """Somebody's client of the service."""
        if name not in self.people:
            self.api.post(f"/users/{name}")
            for group in groups:
                self.api.post(f"/groups/{group}")
                self.api.post(f"/groups/{group}/users", json={"users": [name]}).raise_for_status()
            token = self.api.post(f"/users/{name}/tokens", json={}).json()["token"]
            self.people[name] = httpx.Client(
                base_url=f"{self.service_url}api/v1",
                headers={"Authorization": f"token {token}"},
                timeout=60,
                verify=PLAIN,
            )
        return self.people[name]

    def lab(self, owner, name, **fields):
        """Make a lab."""
        answer = self.person(owner).post("/labs", json={"name": name, "title": name, **fields})
        assert answer.status_code == 201, answer.text
        return f"{owner}/{name}"

    def close(self):
        for client in self.people.values():
            client.close()
        super().close()


# Its variants differ, as those of real environments do.
TINY = """
title = "Tiny"
accelerators = ["none", "gpu"]
resources = {memory = "1G"}
[[install]]
packages = ["six==1.17.0"]
[[install_on.gpu]]
packages = ["six==1.16.0"]
"""


def tiny(data):
    """The folder with the recipe of a small environment, whose variants count as installed in `data`."""
    recipe = data / "extra" / "tiny" / "environment.toml"
    recipe.parent.mkdir(parents=True)
    recipe.write_text(TINY)
    spec = read(recipe)
    for accelerator in ("none", "gpu"):
        ready_made(variant(spec, accelerator), data / "environments")
    return recipe.parents[1]


def ready_made(spec, directory):
    """An environment that counts as installed, with nothing in it: for servers without kernels."""
    path = Virtualenvs(directory=str(directory)).path(spec)
    kernel = path / "share" / "jupyter" / "kernels" / "python3" / "kernel.json"
    for folder in (path / "bin", kernel.parent):
        folder.mkdir(parents=True)
    (path / "bin" / "python").symlink_to(sys.executable)
    (path / "pyvenv.cfg").write_text(f"home = {Path(sys.executable).parent}\n")
    kernel.write_text(json.dumps(kernel_spec(spec, path)))
    marker(path).write_text('{"made": 0, "seconds": 0, "size": 0}')
    return path
