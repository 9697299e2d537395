"""The order in which a proxy learns its routes, and what it says before it knows any."""

from __future__ import annotations

import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from jupyterhub.objects import Hub
from support.waiting import free_port, until
from tornado.ioloop import PeriodicCallback

from mlabs_ext.up.proxy import HubLastProxy

CHECKOUT = Path(__file__).resolve().parents[2]


class Told(HubLastProxy):
    """Notes what it is told in the place of telling it to a process."""

    api_url = "http://127.0.0.1:3"

    def __init__(self, routes: dict[str, Any] | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.extra_routes = {}
        self.routes = routes or {}

    async def add_route(self, routespec: str, target: str, data: dict[str, Any]) -> None:
        self.routes[routespec] = {"target": target, "data": data}

    async def get_all_routes(self) -> dict[str, Any]:
        return dict(self.routes)


@pytest.fixture
def app() -> Any:
    """A hub with one service and one server that runs."""
    host = "http://127.0.0.1:2"
    spawner = SimpleNamespace(
        ready=True, proxy_spec="/user/ada/x/", name="x", server=SimpleNamespace(host=host)
    )
    spawner._log_name = spawner.pending = None
    user = SimpleNamespace(name="ada", spawners={"x": spawner})
    service = SimpleNamespace(name="mlabs", proxy_spec="/services/mlabs/", server=SimpleNamespace(host=host))
    users = {"ada": user}
    return SimpleNamespace(hub=Hub(ip="127.0.0.1", port=1), users=users, _service_map={"mlabs": service})


@pytest.mark.parametrize("start", ["restore", "check"])
async def test_the_hub_takes_what_is_left_only_once_all_others_have_theirs(app, start):
    proxy = Told(app=app, hub=app.hub)
    if start == "restore":
        await proxy.restore_routes()
    else:
        await proxy.check_routes(app.users, app._service_map)
    assert list(proxy.routes) == ["/services/mlabs/", "/user/ada/x/", app.hub.routespec]


async def test_a_proxy_that_knows_the_hub_is_told_what_it_lacks(app):
    known = {app.hub.routespec: {"target": app.hub.host, "data": {"hub": True}}}
    proxy = Told(known, app=app, hub=app.hub)
    await proxy.check_routes(app.users, app._service_map)
    assert set(proxy.routes) == {app.hub.routespec, "/services/mlabs/", "/user/ada/x/"}


async def test_before_it_knows_a_route_nothing_is_said_to_be_absent(tmp_path, monkeypatch):
    command = proxy_command(tmp_path, monkeypatch)
    ports = free_port(), free_port()
    app = SimpleNamespace(hub=Hub(ip="127.0.0.1", port=free_port()), subdomain_host="", internal_ssl=False)
    proxy = HubLastProxy(
        app=app,
        hub=app.hub,
        public_url=f"http://127.0.0.1:{ports[0]}/",
        api_url=f"http://127.0.0.1:{ports[1]}",
        command=command,
        pid_file=str(tmp_path / "proxy.pid"),
        auth_token="secret",
    )
    monkeypatch.setattr(PeriodicCallback, "start", lambda self: None)
    await proxy.start()
    try:
        address = f"http://127.0.0.1:{ports[0]}/services/mlabs/@ada/mnist"
        async with httpx.AsyncClient() as client:
            page = await client.get(address, headers={"Accept": "text/html,*/*;q=0.8"})
            told = await client.get(address)
        assert (page.status_code, told.status_code) == (503, 503)
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        assert 'http-equiv="refresh"' in page.text
        error = told.json()["error"]
        assert (error["status"], error["code"]) == (503, "away")
    finally:
        proxy.stop()
        proxy.proxy_process.wait(30)


def test_nginx_says_the_same_where_the_proxy_itself_is_away():
    recipe = (CHECKOUT / "deploy" / "nginx" / "mlabs.conf").read_text()
    assert (CHECKOUT / "ui" / "proxy" / "away.html").read_text().strip() in recipe


def proxy_command(folder, monkeypatch) -> list[str]:
    """As `jupyterhub_config.py` says it."""
    from traitlets.config.loader import PyFileConfigLoader

    from mlabs_ext.up.hub import config_file

    monkeypatch.setenv("MLABS_DATA", str(folder / "data"))
    return list(PyFileConfigLoader(str(config_file())).load_config().ConfigurableHTTPProxy.command)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no file here is always full")
def test_it_goes_on_where_its_log_is_full(tmp_path, monkeypatch):
    port, api = free_port(), free_port()
    where = ["--port", str(port), "--api-port", str(api), "--log-level", "warn"]
    with Path("/dev/full").open("w") as full:
        process = subprocess.Popen([*proxy_command(tmp_path, monkeypatch), *where], stdout=full, stderr=full)
    try:
        # Each of them is a line of the log.
        for _ in range(3):
            until(lambda: answers(port) == 503)
    finally:
        process.kill()
        process.wait(30)


def answers(port: int) -> int | None:
    """The status of an answer; None where there is none."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/services/mlabs/", timeout=5).status_code
    except httpx.TransportError:
        return None
