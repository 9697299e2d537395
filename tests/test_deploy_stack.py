"""The stack of deploy/, deployed as its head says on a Swarm of one node: it comes up, and opens a lab."""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path

import docker
import httpx
import pytest
from support import images, needs
from support.person import Person
from support.swarm import Node, Swarm, run
from support.waiting import until

from mlabs_ext.catalogue import Catalogue
from mlabs_images import engine, system, wheel

pytestmark = [pytest.mark.docker, pytest.mark.slow]

DEPLOY = needs.CHECKOUT / "deploy"
POSTGRESQL = Path(__file__).parent / "support" / "postgresql_image"
REGISTRY = "registry.test/mlabs"
PASSWORD = "password-of-the-test"
WHAT_A_LAB_REACHES = """
import os, urllib.request as u
token = {"Authorization": "token " + os.environ["JUPYTERHUB_API_TOKEN"]}
for url in (os.environ["JUPYTERHUB_API_URL"], os.environ["MLABS_SERVICE_URL"] + "api/v1/me"):
    print(u.urlopen(u.Request(url, headers=token)).status)
"""


def base(client: docker.DockerClient) -> str:
    """A Debian with Python, as `mlabs images base` makes it."""
    if not engine.find(client, system.OWN):
        if not shutil.which("mmdebstrap"):
            pytest.skip("mmdebstrap is not installed")
        system.make(client)
    return system.OWN


def hub_image(client: docker.DockerClient) -> str:
    """What deploy/hub/Dockerfile makes, from packages that this machine fetched."""
    context = images.folder() / "hub"
    dist = context / "dist"
    dist.mkdir(parents=True, exist_ok=True)
    own = wheel.build(dist)
    version = client.containers.run(base(client), ["python3", "--version"], remove=True).decode().split()[1]
    assert version.rpartition(".")[0] == platform.python_version().rpartition(".")[0]
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--python-version", version]
    run(*pip, "--only-binary=:all:", "--dest", str(dist), f"{own}[hub,kube]", "psycopg[binary]>=3")
    more = {"PIP_ARGUMENTS": "--no-index --find-links /tmp/dist"}
    return image(client, "hub", context, DEPLOY / "hub" / "Dockerfile", more)


def image(client: docker.DockerClient, name: str, context: Path, file: Path, more: dict[str, str]) -> str:
    """Build an image, and return what it is called."""
    tag = f"{images.prefix()}{name}:test"
    given = {"BASE": base(client), **engine.proxies(), **more}
    client.images.build(path=str(context), dockerfile=str(file), tag=tag, buildargs=given, rm=True)
    return tag


@contextlib.contextmanager
def node_with(named: dict[str, str]):
    """A Swarm's only node, with these images by these names."""
    with Swarm() as swarm:
        node = swarm.add("--no-new-privileges -H unix:///run/docker.sock")
        load = node.loading()
        subprocess.run(["docker", "save", *named], stdout=load.stdin, check=True)
        load.stdin.close()
        assert load.wait() == 0
        for name, wanted in named.items():
            node.docker("tag", name, wanted)
        yield node


def deploy(node: Node, shared: Path) -> None:
    """As the head of stack.yml says."""
    shared.mkdir()
    node.docker("node", "update", "--label-add", "mlabs.hub=true", "node1")
    for name in ("mlabs_password", "mlabs_database_password"):
        run("docker", "-H", node.host, "secret", "create", name, "-", input=PASSWORD)
    given = {"REGISTRY": REGISTRY, "MLABS_ADDRESS": node.address, "MLABS_SHARED": str(shared)}
    stack = ("stack", "deploy", "-c", str(DEPLOY / "swarm" / "stack.yml"), "mlabs")
    run("docker", "-H", node.host, *stack, env={**os.environ, **given, "POSTGRES_VERSION": "test"})


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).is_success
    except httpx.TransportError:
        return False


def test_the_stack_comes_up_and_opens_a_lab(capsys):
    if os.geteuid() != 0:
        pytest.skip("only root can make the nodes of a Swarm")
    python = images.image("python")
    with contextlib.closing(engine.connect()) as client:
        postgresql = image(client, "postgresql", POSTGRESQL, POSTGRESQL / "Dockerfile", {})
        named = {
            hub_image(client): f"{REGISTRY}/hub:1.0.0",
            postgresql: "postgres:test",
            python: Catalogue().get("python").image("none", f"{REGISTRY}/"),
        }
    with node_with(named) as node:
        began = time.monotonic()
        deploy(node, node.swarm.folder / "shared")
        url = f"http://{node.address}:8000"
        logs = lambda: node.docker("service", "logs", "--tail", "60", "mlabs_mlabs")  # noqa: E731
        until(lambda: answers(f"{url}/hub/health"), 240, logs)
        until(lambda: answers(f"{url}/services/mlabs/healthz"), 60, logs)
        up = time.monotonic() - began

        ada = Person(url, "ada", PASSWORD)
        ada.ok("POST", "labs", json={"name": "mnist", "environment": "python"})
        began = time.monotonic()
        path = ada.start("mnist", timeout=240)
        opened = time.monotonic() - began
        assert ada.http.get(f"{path}api/status").status_code == 200
        lab = node.docker("ps", "-q", "--filter", "label=org.mlabs.user=ada")
        said = node.docker("exec", lab, "/opt/mlabs/bin/python", "-c", WHAT_A_LAB_REACHES)
        assert said.split() == ["200", "200"]

        # Swarm sees it so too, by the health check.
        running = ("service", "ls", "--filter", "name=mlabs_mlabs", "--format", "{{.Replicas}}")
        until(lambda: node.docker(*running) == "1/1", 120, logs)
        ada.stop("mnist")
        assert node.docker("ps", "-q", "--filter", "label=org.mlabs.user=ada") == ""
        ada.close()
        with capsys.disabled():
            print(f"\nThe stack was up after {up:.0f} s; a lab opened in {opened:.1f} s.")
