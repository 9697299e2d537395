"""Stopping a server by JupyterHub's API: waited for, not confused with the next, and clear where it fails."""

from __future__ import annotations

import asyncio

import pytest
from support.fake_hub import TOKEN, FakeHub

from mlabs_ext.errors import Unavailable
from mlabs_ext.service.hub import HubClient


@pytest.fixture
def hub():
    hub = FakeHub()
    yield hub
    hub.close()


@pytest.fixture
async def client(hub):
    client = HubClient(api_url=hub.url, token=TOKEN)
    yield client
    client.close()


@pytest.mark.parametrize("user", ["ada", "a b/ö@x.org"])
async def test_a_server_is_stopped(hub, client, user):
    hub.run(user, "mnist")
    await client.stop(user, "mnist")
    assert hub.asked == [(user, "mnist")]


async def test_one_that_is_not_there_or_has_ended_is_left_alone(hub, client):
    await client.stop("ada", "mnist")
    hub.servers["ada", "mnist"], hub.starts["ada", "mnist"] = "stopped", 1
    await client.stop("ada", "mnist")
    assert hub.asked == []


async def test_a_slow_stop_is_waited_for(hub, client):
    hub.slow = True
    hub.run("ada", "mnist")
    stopping = asyncio.create_task(client.stop("ada", "mnist"))
    while len(hub.calls) < 4:
        await asyncio.sleep(0.01)
    assert not stopping.done()
    hub.finish()
    await stopping
    assert hub.asked == [("ada", "mnist")]


async def test_another_start_meanwhile_is_another_server(hub, client):
    hub.slow = True
    hub.run("ada", "mnist")
    stopping = asyncio.create_task(client.stop("ada", "mnist"))
    while len(hub.calls) < 3:
        await asyncio.sleep(0.01)
    hub.run("ada", "mnist")
    await stopping
    assert hub.servers["ada", "mnist"] == "running"


async def test_a_server_that_does_not_end(hub, client):
    hub.slow, client.patience = True, 0.2
    hub.run("ada", "mnist")
    with pytest.raises(Unavailable) as error:
        await client.stop("ada", "mnist")
    assert error.value.code == "server_stuck"


@pytest.mark.parametrize(
    ("status", "code"), [(403, "hub_refuses"), (500, "hub_unavailable"), (503, "hub_unavailable")]
)
async def test_a_hub_that_refuses_or_fails(hub, client, status, code):
    hub.run("ada", "mnist")
    hub.status = status
    with pytest.raises(Unavailable) as error:
        await client.stop("ada", "mnist")
    assert error.value.code == code


async def test_a_hub_that_is_away(hub, client):
    hub.close()
    with pytest.raises(Unavailable) as error:
        await client.stop("ada", "mnist")
    assert error.value.code == "hub_unavailable"


async def test_a_hub_that_is_not_known(monkeypatch):
    monkeypatch.delenv("JUPYTERHUB_API_URL", raising=False)
    client = HubClient()
    with pytest.raises(Unavailable):
        await client.stop("ada", "mnist")
    client.close()


def test_the_hub_says_where_it_is(monkeypatch):
    monkeypatch.setenv("JUPYTERHUB_API_URL", "http://127.0.0.1:8081/hub/api")
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "secret")
    client = HubClient()
    assert (client.api_url, client.token) == ("http://127.0.0.1:8081/hub/api", "secret")
