"""MLabs on a Swarm of the tests' own: `mlabs up` beside it, and people with labs on its nodes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mlabs_ext.catalogue import Catalogue, read
from mlabs_ext.names import server_name
from mlabs_ext.up.data import DataDir
from support.images import image
from support.person import Person
from support.swarm import Node, Swarm, run
from support.up import COMMAND, Up
from support.waiting import until

PORT = 18000
# As nodes know images where nothing else is set.
PREFIX = "mlabs/"
SETTINGS = """\
c.Catalogue.extra = "{extra}"
c.Catalogue.community = True
# A test may not wait as long as a person can.
c.Spawner.poll_interval = c.Leftovers.interval = 2
c.SwarmLabSpawner.stop_grace = 3
c.SwarmLent.community_grace = 20
c.SwarmLent.community_interval = 1
"""


CONNECT = """\
import socket
for place in {places}:
    try:
        socket.create_connection(place, timeout=2).close()
        print(*place)
    except OSError:
        pass
"""


class Suite:
    """A Swarm whose nodes have the images and the network, and MLabs, running."""

    def __init__(self, swarm: Swarm, up: Up, images: tuple[str, list[str]]):
        self.swarm, self.up, self.images = swarm, up, images
        self.prefix = DataDir(up.data).prefix()
        self.people: dict[str, Person] = {}

    def enter(self, name: str) -> Person:
        """Somebody who is signed in."""
        if name not in self.people:
            self.people[name] = Person(self.up.url, name, self.up.password)
        return self.people[name]

    def home(self, user: str) -> Path:
        """A user's home, as the hub and its own nodes have it."""
        return self.up.data / "volumes" / user

    def command(self, *arguments: str) -> str:
        """What the `mlabs` command says, asked on the manager."""
        return run(str(COMMAND), *arguments, env={**os.environ, "DOCKER_HOST": self.swarm.manager.host})

    def join(self) -> Node:
        """One more machine, ready for labs, which takes none yet."""
        node = self.swarm.add("--no-new-privileges", availability="drain")
        give_images([node], *self.images)
        prepare(self.swarm)
        return node

    def leave(self) -> None:
        """Everybody goes."""
        for person in self.people.values():
            person.close()

    def service(self, user: str) -> str:
        """The name of the one service of a user."""
        return self.swarm.manager.docker("service", "ls", "-q", "--filter", f"label=org.mlabs.user={user}")

    def container(self, user: str) -> tuple[Node, str]:
        """The container of a user's one lab, and the node that it is on."""
        found = [
            (node, container)
            for node in self.swarm.nodes
            if node.process.poll() is None
            for container in node.docker("ps", "-q", "--filter", f"label=org.mlabs.user={user}").split()
        ]
        assert len(found) == 1, found
        return found[0]

    def inside(self, user: str, code: str) -> str:
        """What Python code prints in a user's lab."""
        node, container = self.container(user)
        return node.docker("exec", container, "/opt/mlabs/bin/python", "-c", code)

    def reached(self, user: str, places: list[tuple[str, int]]) -> list[tuple[str, int]]:
        """Which of the places a user's lab reaches."""
        lines = self.inside(user, CONNECT.format(places=places)).splitlines()
        return [(host, int(port)) for host, port in map(str.split, lines)]

    def wait_said(self, person: Person, lab: str, words: str) -> None:
        """Return once the progress of a start says these words; fail where it ends before."""
        path = f"/hub/api/users/{person.name}/servers/{server_name(lab)}/progress"
        with person.http.stream("GET", path, timeout=120) as answer:
            said = []
            for line in answer.iter_lines():
                said.append(line)
                if words in line:
                    return
        raise AssertionError(said)


def new_lab(person: Person, name: str, **more: str) -> None:
    """A lab, which does not run yet."""
    person.ok("POST", "labs", json={"name": name, **more})


def running(person: Person, lab: str) -> dict | None:
    """What the hub says of a lab's server; None where none runs."""
    return person.http.get(f"/hub/api/users/{person.name}").json()["servers"].get(server_name(lab))


@contextmanager
def suite(nodes: int, options: str = "") -> Iterator[Suite]:
    """The whole, of so many nodes; `options` are the first one's engine's."""
    if os.geteuid() != 0:
        pytest.skip("only root can make the nodes of a Swarm")
    python = image("python")
    # A second argument of every engine here, as the administrator guide asks of every node.
    options = f"--no-new-privileges {options}"
    with Swarm() as swarm:
        for number in range(nodes):
            swarm.add(options if number == 0 else "--no-new-privileges")
        specs = [read(tiny_environment(swarm.folder)), Catalogue().get("python")]
        names = [one.image(accelerator, PREFIX) for one in specs for accelerator in one.accelerators]
        give_images(swarm.nodes, python, names)
        if nodes > 1:
            prepare(swarm)
        data = swarm.folder / "mlabs"
        data.mkdir()
        (data / "mlabs_config.py").write_text(SETTINGS.format(extra=swarm.folder / "environments"))
        where = ("--host", swarm.gateway, "--port", str(PORT))
        up = Up(data, "--spawner", "swarm", *where, DOCKER_HOST=swarm.manager.host)
        try:
            made = Suite(swarm, up.wait_ready(), (python, names))
            yield made
            made.leave()
        finally:
            up.stop()


def tiny_environment(folder: Path) -> Path:
    """An environment that may have a GPU; its images are those of `python`."""
    place = folder / "environments" / "tiny"
    place.mkdir(parents=True)
    (place / "requirements.txt").write_text("six==1.17.0\n")
    (place / "environment.toml").write_text('title = "Tiny"\naccelerators = ["none", "gpu"]\n')
    return place / "environment.toml"


def give_images(nodes: list[Node], python: str, more: list[str]) -> None:
    """Give these nodes the image, also by other names."""
    loads = [node.loading() for node in nodes]
    with subprocess.Popen(["docker", "save", python], stdout=subprocess.PIPE) as save:
        # The archive is big, and the same for all.
        while piece := save.stdout.read(1 << 20):
            for load in loads:
                load.stdin.write(piece)
    assert save.returncode == 0
    for load in loads:
        load.stdin.close()
        assert load.wait() == 0
    for node in nodes:
        for name in more:
            node.docker("tag", python, name)


def prepare(swarm: Swarm) -> None:
    """What the administrator guide has administrators do on each node."""
    door = f"{swarm.gateway}:{PORT}"
    command = [
        sys.executable,
        "-m",
        "mlabs_spawner.swarm_nodes",
        "--door",
        door,
        "--nameserver",
        swarm.gateway,
    ]
    script = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for node in swarm.nodes:
        node.inside("sh", input=script, env={**os.environ, "DOCKER_HOST": node.host})


def seconds_until(condition, seconds: float) -> float:
    """How long it took until the condition held."""
    began = time.monotonic()
    until(condition, seconds)
    return time.monotonic() - began
