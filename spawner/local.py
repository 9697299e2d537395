"""Servers as processes of one system user: for one person, or people who trust each other."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import traitlets
from jupyterhub.spawner import SimpleLocalProcessSpawner
from traitlets import Bool, Instance, Integer, Unicode

from mlabs_spawner import overlay, processes
from mlabs_spawner.environments import EnvironmentMixin
from mlabs_spawner.homes import Home, folder
from mlabs_spawner.options import Refused
from mlabs_spawner.turns import Turns
from mlabs_spawner.virtualenvs import InstallFailed, Virtualenvs, variant

# The machine's way to the network and its language; nothing of the hub's own.
KEPT = [
    *("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "JUPYTERHUB_SINGLEUSER_APP"),
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "no_proxy"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
    *("PIP_CONFIG_FILE", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_CERT"),
]

# The hub has packages that bring extensions of JupyterLab along, which people have not asked for.
CONFIG = Path(__file__).parent / "local_config"


class LocalSpawner(EnvironmentMixin, SimpleLocalProcessSpawner):
    """Runs JupyterLab from the hub's own virtualenv, with the kernel of the lab's environment."""

    homes = Unicode(
        help="""The directory of the users' homes, one folder each. Default: `users` in `MLABS_DATA`, or in
        `mlabs-data` below the working directory. Example::

            c.LocalSpawner.homes = "/var/lib/mlabs/users"
        """,
    ).tag(config=True)

    enforce_memory = Bool(
        True,
        help="""Whether a process of a server (the server itself, each of its kernels) that would hold more
        than the memory limit gets a MemoryError. Each process has the whole limit: only containers limit
        them together. Default: True. Example::

            c.LocalSpawner.enforce_memory = False
        """,
    ).tag(config=True)

    start_timeout = Integer(
        3600,
        help="""Seconds that a start may take; the first one of an environment installs it. Default: 3600.
        Example::

            c.LocalSpawner.start_timeout = 600
        """,
    ).tag(config=True)

    http_timeout = Integer(
        120,
        help="""Seconds for a server's process to take connections, and as many for its first answer; one that
        does not is ended, and the next in line starts. Default: 120. Example::

            c.LocalSpawner.http_timeout = 300
        """,
    ).tag(config=True)

    interrupt_timeout = Integer(
        10,
        help="""Seconds for a server to end by itself before it is told again, and then killed. Default: 10.
        Example::

            c.LocalSpawner.interrupt_timeout = 30
        """,
    ).tag(config=True)

    virtualenvs = Instance(Virtualenvs)
    virtualenv = Instance(Path, allow_none=True, help="The virtualenv of the kernels, from a start on.")
    popen_kwargs: dict[str, Any]  # upstream's
    birth = Unicode(help="Tells the server's process from a later one of the same number.")

    @traitlets.default("homes")
    def _homes(self) -> str:
        return str(Path(os.environ.get("MLABS_DATA", "mlabs-data"), "users").absolute())

    @traitlets.default("virtualenvs")
    def _virtualenvs(self) -> Virtualenvs:
        return Virtualenvs(parent=self)

    @traitlets.default("cmd")
    def _cmd(self) -> list[str]:
        return [sys.executable, "-m", "mlabs_ext.quick", "jupyterhub.singleuser"]

    @traitlets.default("env_keep")
    def _env_keep(self) -> list[str]:
        return KEPT

    @traitlets.default("home_dir")
    def _home_dir(self) -> str:
        return str(Path(self.homes).absolute() / folder(self.user.name))

    @property
    def home(self) -> Home:
        """Where this server's files are."""
        return Home(Path(self.home_dir), self.name)

    async def start(self) -> tuple[str, int]:
        """Make the environment where it is not there, then the server; return when it takes connections."""
        path = self.virtualenv = await self.provide()
        self.image = path.name
        self.home.make()
        overlay.make(self.home.layer(path.name), path)
        await self.acquire()
        async with Turns.shared(config=self.config, log=self.log).taken(self.report):
            where = await self.run_server()
        self.report("Opening the notebook", 95)
        return where

    async def run_server(self) -> tuple[str, int]:
        """Start its process; return when it takes connections."""
        self.report("Starting the server", 85)
        # It has its place.
        assert self.session is not None
        ended = self.ledger.book.witness(self.session)
        with self.home.open_log() as log, processes.witnessed(ended) as life:
            files = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log, "pass_fds": [life]}
            self.popen_kwargs = {**self.popen_kwargs, **files, "cwd": self.home_dir}
            where = await super().start()
        self.birth = processes.birth(self.pid)
        await self.wait_until_it_listens(*where)
        return where

    def process(self) -> str:
        """The server's, which a hub that does not find it again ends."""
        return processes.name(self.pid)

    async def provide(self) -> Path:
        """The environment's directory: the one the lab ran on where it is kept, else made on first use."""
        spec = variant(self.chosen_spec, self.chosen.accelerator)
        current = self.virtualenvs.path(spec)
        if self.pinned and self.pinned != current.name:
            kept = self.virtualenvs.kept(spec, self.pinned)
            if kept:
                return kept
            self.report(f"{self.pinned}, which this lab ran on, is not here: it gets today's {spec.title}", 3)
        try:
            return await self.virtualenvs.provide(spec, self.report)
        except InstallFailed as failure:
            raise Refused(failure.message, 503, "environment") from failure

    async def wait_until_it_listens(self, ip: str, port: int) -> None:
        """Return when the server takes connections; raise Refused where it ends before, or takes too long."""
        deadline = time.monotonic() + self.http_timeout
        while not await processes.listens(ip, port):
            if await self.poll() is not None:
                raise self.failed("The server ended while it started.", 500, "exited")
            # It has a turn, for which others wait.
            if time.monotonic() > deadline:
                raise self.failed(f"The server hangs: no sign of it for {self.http_timeout} s.", 504, "hangs")
            await asyncio.sleep(0.1)

    def failed(self, what: str, status: int, label: str) -> Refused:
        """Why a start failed, with the server's last words."""
        return Refused(f"{what} Its last words:\n{self.home.last_words()}", status, label)

    def get_args(self) -> list[str]:
        """Servers are of the hub's own user, so a hub of root's has servers of root's."""
        return [*super().get_args(), *(["--ServerApp.allow_root=True"] if os.geteuid() == 0 else [])]

    def make_preexec_fn(self, name: str) -> Callable[[], None]:
        """Limit the process and its children; if memory runs out, they go before the hub does."""
        limit = int(self.mem_limit or 0) if self.enforce_memory else 0

        def preexec() -> None:
            if limit:
                resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
            processes.end_me_first()

        return preexec

    def user_env(self, env: dict[str, str]) -> dict[str, str]:
        """The kernels of this environment only; a home, a workspace and a runtime directory of its own."""
        env = super().user_env(env)
        env.update(self.home.variables())
        # A start provides it first.
        assert self.virtualenv is not None
        places = (self.home.layer(self.virtualenv.name), self.virtualenv)
        env["JUPYTER_PATH"] = os.pathsep.join(str(place / "share" / "jupyter") for place in places)
        env["JUPYTER_CONFIG_PATH"] = str(CONFIG)
        env["CUDA_VISIBLE_DEVICES"] = ",".join(self.device_ids)
        return env

    async def poll(self) -> int | None:
        """None while it runs or is being started, else its exit status (0 where that is not known)."""
        if self._start_pending and not self.pid:
            return None
        if self.proc is None and self.pid and processes.birth(self.pid) != self.birth:
            self.clear_state()
            return 0
        return await super().poll()

    async def stop(self, now: bool = False) -> None:
        """End the server, then whatever it leaves of its process group."""
        group = self.pid
        await super().stop(now)
        if group and await self.poll() is not None:
            processes.signal_group(group, signal.SIGKILL)

    def get_state(self) -> dict[str, Any]:
        """The server outlives the hub: its number, and what tells it from a later process of that number."""
        state = super().get_state()
        return state | ({"birth": self.birth} if self.pid else {})

    def load_state(self, state: dict[str, Any]) -> None:
        """Take up what `get_state` wrote."""
        super().load_state(state)
        self.birth = state.get("birth", "")

    def clear_state(self) -> None:
        """No process."""
        super().clear_state()
        self.birth = ""
