"""A real Swarm of several machines on one: each node is a Docker engine in namespaces of its own.

A node has its own network, processes, mounts and name; to kill its first process is to pull its plug. Only
root can make one.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from support.waiting import until

# Its disk is memory, which is gone with it. Pulls must fail at once: nobody answers there.
SETUP = """\
hostname {name}
mount -t tmpfs tmpfs /run
mkdir {folder}/data
mount -t tmpfs -o size=8g tmpfs {folder}/data
echo nameserver 127.0.0.1 >/run/resolv.conf
mount --bind /run/resolv.conf /etc/resolv.conf
exec dockerd --data-root {folder}/data --exec-root /run/docker --pidfile /run/docker.pid \
  -H unix://{socket} {more}
"""


class Node:
    """One machine of the Swarm, running; `docker` runs Docker's command on it."""

    def __init__(self, swarm: Swarm, number: int, options: str = ""):
        self.swarm, self.name = swarm, f"node{number}"
        self.address = f"{swarm.prefix}.{number}"
        self.folder = swarm.folder / self.name
        self.socket = self.folder / "socket"
        self.namespace = f"{swarm.namespace}-{number}"
        self.folder.mkdir()
        self.plug_in(number)
        self.start(options)

    @property
    def host(self) -> str:
        """As DOCKER_HOST says it."""
        return f"unix://{self.socket}"

    def plug_in(self, number: int) -> None:
        """A cable from the node to the switch."""
        run("ip", "netns", "add", self.namespace)
        cable = ("link", "add", f"node{number}", "type", "veth", "peer", "name", "eth0", "netns")
        run("ip", "-n", self.swarm.switch, *cable, self.namespace)
        run("ip", "-n", self.swarm.switch, "link", "set", f"node{number}", "master", "switch", "up")
        run("ip", "-n", self.namespace, "addr", "add", f"{self.address}/24", "dev", "eth0")
        for link in ("lo", "eth0"):
            run("ip", "-n", self.namespace, "link", "set", link, "up")
        run("ip", "-n", self.namespace, "route", "add", "default", "via", self.swarm.gateway)

    def start(self, options: str) -> None:
        """Switch it on."""
        script = SETUP.format(name=self.name, folder=self.folder, socket=self.socket, more=options)
        own = ["--mount", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc"]
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                # Not `ip netns exec`, which hides the cgroups.
                ["nsenter", f"--net=/run/netns/{self.namespace}", "unshare", *own, "sh", "-c", script],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until(self.answers, 60, lambda: (self.folder / "log").read_text()[-3000:])

    def answers(self) -> bool:
        assert self.process.poll() is None, (self.folder / "log").read_text()[-3000:]
        command = ["docker", "-H", self.host, "version"]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def docker(self, *arguments: str) -> str:
        """The output of Docker's command on this node."""
        return run("docker", "-H", self.host, *arguments).strip()

    def inspect(self, *what: str) -> dict:
        """What the engine says of one thing."""
        return json.loads(self.docker(*what))[0]

    def inside(self, *command: str, **options: object) -> str:
        """The output of a command in the node's network."""
        return run("nsenter", f"--net=/run/netns/{self.namespace}", *command, **options)

    def loading(self) -> subprocess.Popen[bytes]:
        """A process that takes an archive of images on its standard input."""
        command = ["docker", "-H", self.host, "load", "--quiet"]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)

    def kill(self) -> None:
        """Pull its plug: its engine and all its containers are gone at once."""
        for child in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split():
            os.kill(int(child), signal.SIGKILL)
        self.process.wait(30)

    def remove(self) -> None:
        """Leave nothing of it."""
        with contextlib.suppress(OSError):
            self.kill()
        with contextlib.suppress(AssertionError):
            run("ip", "netns", "delete", self.namespace)


class Swarm:
    """A switch, and nodes that are joined; `folder` is what all of them share."""

    def __init__(self) -> None:
        self.namespace = f"mlswarm{os.getpid()}"
        self.switch = f"{self.namespace}-0"
        self.prefix = f"10.214.{os.getpid() % 250}"
        self.gateway = f"{self.prefix}.254"
        # The path of a socket has at most 107 characters.
        self.folder = Path(tempfile.mkdtemp(prefix="mlswarm", dir="/tmp"))
        self.nodes: list[Node] = []

    def __enter__(self) -> Swarm:
        # Between namespaces, so that the machine's own packet filter has no say in it.
        run("ip", "netns", "add", self.switch)
        run("ip", "-n", self.switch, "link", "add", "switch", "type", "bridge")
        cable = f"mls{os.getpid()}"
        run("ip", "link", "add", cable, "type", "veth", "peer", "name", "here", "netns", self.switch)
        run("ip", "addr", "add", f"{self.gateway}/24", "dev", cable)
        run("ip", "link", "set", cable, "up")
        run("ip", "-n", self.switch, "link", "set", "here", "master", "switch", "up")
        run("ip", "-n", self.switch, "link", "set", "switch", "up")
        return self

    def __exit__(self, *_: object) -> None:
        for node in self.nodes:
            node.remove()
        with contextlib.suppress(AssertionError):
            run("ip", "netns", "delete", self.switch)
        until(self.removed, 30, lambda: f"{self.folder} is in use")

    def removed(self) -> bool:
        """Whether the folder is gone; a killed engine's mounts take a moment to go."""
        shutil.rmtree(self.folder, ignore_errors=True)
        return not self.folder.exists()

    @property
    def manager(self) -> Node:
        return self.nodes[0]

    def add(self, options: str = "", availability: str = "active") -> Node:
        """One more node, the first the manager."""
        node = Node(self, len(self.nodes) + 1, options)
        self.nodes.append(node)
        if node is self.manager:
            node.docker("swarm", "init", "--advertise-addr", node.address)
        else:
            token = self.manager.docker("swarm", "join-token", "--quiet", "worker")
            more = ("--availability", availability, "--token", token)
            node.docker("swarm", "join", *more, f"{self.manager.address}:2377")
        return node


def run(*command: str, **options: object) -> str:
    """The output of a command that may not fail."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"
    return done.stdout
