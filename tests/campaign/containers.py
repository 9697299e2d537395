"""Labs in containers of a Docker engine that can be killed: it has a network and a folder of its own."""

from __future__ import annotations

import contextlib
import random
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
from docker import APIClient
from support.waiting import until

from campaign.labs import OpenLab, ServerProbe

ARGUMENTS = ("--spawner", "docker", "--environments", "python")
# Seconds that it takes somebody to start the engine again, and for which a kept lab may be away.
AWAY = (0.0, 3.0)
KEPT = 30.0


class Engine:
    """A Docker engine; `host` is as DOCKER_HOST says it."""

    def __init__(self, folder: Path):
        self.folder, self.host = folder, f"unix://{folder}/socket"
        self.process: subprocess.Popen[bytes]

    def start(self, keeps: bool) -> None:
        """Start it; where it `keeps` them, containers of an engine that was killed run on (live restore)."""
        places = ["--data-root", self.folder / "data", "--exec-root", self.folder / "run"]
        command = ["dockerd", *places, "--pidfile", self.folder / "pid", "--host", self.host]
        command += [f"--live-restore={str(keeps).lower()}"]
        self._launch(command)
        until(lambda: self._is_up(command), 90, lambda: (self.folder / "log").read_text()[-3000:])

    def _launch(self, command: list[str | Path]) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)

    def _is_up(self, command: list[str | Path]) -> bool:
        """Whether it answers; as its unit for systemd has it, one that ended is started again.

        It ends where its containerd has not come after 15 s.
        """
        if self.process.poll() is not None:
            self._launch(command)
        return self.answers()

    def answers(self) -> bool:
        with closing(self.connect()) as client:
            try:
                return client.ping()
            except OSError:
                return False

    def connect(self) -> APIClient:
        return APIClient(self.host, version="1.41", timeout=60)

    def kill(self) -> None:
        """kill -9; what it started runs on."""
        self.process.kill()
        self.process.wait()

    def load(self, image: str) -> None:
        """Have an image that the machine's own engine has."""
        with subprocess.Popen(["docker", "save", image], stdout=subprocess.PIPE) as saved:
            load = ["docker", "--host", self.host, "load", "--quiet"]
            subprocess.run(load, stdin=saved.stdout, stdout=subprocess.DEVNULL, check=True)

    def remove(self) -> None:
        """End it with all that it started, and leave nothing."""
        with closing(self.connect()) as client, contextlib.suppress(OSError):
            for container in client.containers():
                client.kill(container["Id"])
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        # Of an engine that was killed, mounts of volumes stay.
        for mount in reversed(psutil.disk_partitions(all=True)):
            if Path(mount.mountpoint).is_relative_to(self.folder):
                subprocess.run(["umount", "--lazy", mount.mountpoint], check=True)
        shutil.rmtree(self.folder)


@contextlib.contextmanager
def own_engine(image: str) -> Iterator[Engine]:
    """An engine that has this image; only root can have one."""
    # The path of a socket has at most 107 characters.
    engine = Engine(Path(tempfile.mkdtemp(prefix="mlengine", dir="/tmp")))
    engine.start(keeps=False)
    try:
        engine.load(image)
        yield engine
    finally:
        engine.remove()


class KillEngine:
    """kill -9 of the engine, which somebody starts again; every other time it is one that keeps containers.

    Then the lab's kernel has to be the same one.
    """

    kind = "engine"

    def __init__(self, engine: Engine, lab: OpenLab):
        self.engine, self.lab, self.probe = engine, lab, ServerProbe(lab)
        self.wrong: list[str] = []

    def strike(self, chance: random.Random) -> float:
        keeps = chance.random() < 0.5
        if keeps:
            self.lab.open()
        kernel = self.lab.kernel
        struck = time.monotonic()
        self.engine.kill()
        time.sleep(chance.uniform(*AWAY))
        self.engine.start(keeps)
        if keeps and not self._is_kept(kernel):
            self.wrong.append(f"a kernel did not outlive the engine's restart, {time.time():.0f}")
        return struck

    def _is_kept(self, kernel: str) -> bool:
        end = time.monotonic() + KEPT
        while time.monotonic() < end:
            if self.lab.has(kernel):
                return True
            time.sleep(0.2)
        return False


class KillContainer:
    """kill -9 of the container of an open lab; its person opens it again."""

    kind = "server"

    def __init__(self, engine: Engine, lab: OpenLab):
        self.engine, self.lab, self.probe = engine, lab, ServerProbe(lab)
        self.wrong: list[str] = []

    def strike(self, chance: random.Random) -> float:
        self.lab.open()
        label = f"org.mlabs.lab={self.lab.person.name}/{self.lab.lab}"
        with closing(self.engine.connect()) as client:
            [container] = client.containers(filters={"label": label})
            struck = time.monotonic()
            client.kill(container["Id"])
        return struck
