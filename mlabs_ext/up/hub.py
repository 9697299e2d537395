"""The hub as a child process: how it is started, when it is ready, and how it ends with all that it made."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from functools import partial
from pathlib import Path

from mlabs_ext.installed import shared
from mlabs_ext.up import processes
from mlabs_ext.up.address import Address
from mlabs_ext.up.data import DataDir, can_listen

LOG_LIMIT = 20 * 1024 * 1024
CONFIG = "jupyterhub_config.py"
HEALTH = "/services/mlabs/healthz"


class Hub:
    """One JupyterHub process at a time, whose output goes to `logs/hub.log`."""

    def __init__(self, data: DataDir, address: Address, environ: dict[str, str]):
        self.data = data
        self.address = address
        self.environ = environ
        self.log = data / "logs" / "hub.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process; it is killed if this one is, and the next start finds the users' servers."""
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "mlabs_ext.quick", "jupyterhub", "-f", str(config_file())],
                cwd=self.data.path,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches `mlabs up` alone
                preexec_fn=partial(processes.die_with_parent, signal.SIGKILL),
            )

    @property
    def keeps_servers(self) -> bool:
        """Whether users' servers are to outlive all this."""
        return self.environ.get("MLABS_STOP_SERVERS") != "1"

    @property
    def status(self) -> int | None:
        """The exit status; None while it runs."""
        assert self.process
        processes.reap(spare=self.process.pid)
        return self.process.poll()

    def serves(self) -> bool:
        """Whether the service answers, asked directly."""
        ports = self.data.last_ports()
        return ports is not None and answers(f"http://127.0.0.1:{ports.service}{HEALTH}")

    def ready(self) -> bool:
        """Whether service, hub and proxy all answer, and the containers' door where there is one."""
        ports = self.data.last_ports()
        # Asked through the proxy before it is there, the service would be an error in the log each time.
        if not ports or not self.serves():
            return False
        urls = [f"{self.address.local_url}{path}" for path in (HEALTH, "/hub/health")]
        if self.environ.get("MLABS_SPAWNER") == "docker":
            urls.append(f"http://127.0.0.1:{ports.door}/hub/health")
        return all(map(answers, urls))

    def stop(self, patience: float) -> None:
        """Let the hub stop what it started, then end whatever is left."""
        if self.process and self.status is None:
            self.process.terminate()
            deadline = time.monotonic() + patience
            while self.status is None and time.monotonic() < deadline:
                time.sleep(0.05)
        processes.end_all(patience=5.0)

    def last_lines(self, count: int = 15) -> str:
        """The end of the log."""
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - 16_384))
            return "\n".join(log.read().decode(errors="replace").splitlines()[-count:])


def answers(url: str) -> bool:
    """Whether a GET succeeds now."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=2) as response:
            return response.status == 200
    except (urllib.error.URLError, OSError):
        return False


def environment(
    data: DataDir, address: Address, spawner: str, environments: str, keep_servers: bool = False
) -> dict[str, str]:
    """The variables that tell `jupyterhub_config.py` what the command line said."""
    given = {
        "MLABS_DATA": str(data.path),
        "MLABS_HOST": address.host,
        "MLABS_PORT": str(address.port),
        "MLABS_SPAWNER": spawner,
        "MLABS_STOP_SERVERS": "" if keep_servers else "1",
        "PYTHONUNBUFFERED": "1",
    }
    if environments:
        given["MLABS_ENVIRONMENTS"] = environments
    if address.loopback and "MLABS_PUBLIC_URL" not in os.environ:
        given["MLABS_PUBLIC_URL"] = address.local_url
    return {**os.environ, **given}


def config_file() -> Path:
    """`jupyterhub_config.py`, as it is installed."""
    return shared(CONFIG)


def end_leftover(data: DataDir, address: Address) -> None:
    """End the proxy of an earlier start that was killed, and wait for the port that it holds."""
    pid_file = data / "proxy.pid"
    pid = int(pid_file.read_text().strip() or 0) if pid_file.exists() else 0
    if pid and "configurable-http-proxy.mjs" in processes.command_line(pid):
        processes.send(pid, signal.SIGTERM)
        deadline = time.monotonic() + 5
        # A process that ends loses its command line before its sockets.
        while processes.command_line(pid) or not can_listen(address.host, address.port):
            if time.monotonic() > deadline:
                return
            time.sleep(0.05)
