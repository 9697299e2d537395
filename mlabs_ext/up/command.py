"""`mlabs up`: everything a person needs to sign in, from one command, gone again with Ctrl-C."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
import threading
import time
from typing import TYPE_CHECKING

from mlabs_ext.errors import MLabsError
from mlabs_ext.up import clusters, containers, processes
from mlabs_ext.up.address import Address
from mlabs_ext.up.data import Busy, DataDir, can_listen
from mlabs_ext.up.hub import Hub, end_leftover, environment
from mlabs_ext.up.spawners import SPAWNERS

if TYPE_CHECKING:
    from mlabs_ext.catalogue import Catalogue

READY_WITHIN = 120.0
STOPPED_WITHIN = 30.0
# What the service writes where a setting cannot be used.
REASON = "MLabs cannot start:"
# How the hub's log begins each time, and in how many lines that is looked for.
BEGINS = "Running JupyterHub version"
MANY = 400
# How often a hub that worked once may die while it starts again.
RESTARTS = 5
TRUST = """\
All servers run as the one operating-system user who started MLabs: this is for one person, or for people
who trust each other. With --spawner docker each lab runs apart from all others."""
UNBUILT = """\
Not offered, for want of an image: {names}. To change that: mlabs images build {first}, then start again."""
ELSEWHERE = """\
Other machines reach it too, at http://{name}:{port}, without encryption: put a TLS proxy in front, or use a
network that you trust."""


class Refused(Exception):
    """Why MLabs does not start or go on, in words, and the exit status."""

    def __init__(self, message: str, status: int = 1):
        super().__init__(message)
        self.status = status


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options; their defaults are those of `jupyterhub_config.py`."""
    default = Address.of(os.environ)
    add = parser.add_argument
    add("--host", default=default.host, help=f"address to listen on (default: {default.host})")
    add(
        "--port",
        default=default.port,
        type=port,
        help=f"port to listen on, 0: any free (default: {default.port})",
    )
    add("--data", metavar="DIR", help="where all state lives (default: $MLABS_DATA, else ./mlabs-data)")
    add("--spawner", default="local", choices=list(SPAWNERS), help="where servers run (default: local)")
    add("--environments", default="", metavar="A,B", help="the environments to offer (default: all)")


def port(text: str) -> int:
    """A port number."""
    number = int(text)
    if not 0 <= number <= 65535:
        raise ValueError(text)
    return number


def run(options: argparse.Namespace) -> int:
    """Run until a signal comes; the exit status."""
    started = time.monotonic()
    stop = stop_event()
    try:
        environments = check(options)
        data = prepared(options.data)
        with data.locked():
            address = free_address(Address(options.host, options.port), data)
            environ = environment(data, address, options.spawner, environments)
            serve(Hub(data, address, environ), stop, started)
    except Busy as busy:
        return tell(
            f"MLabs is up already on this data directory ({busy}). Stop it, or choose another --data."
        )
    except Refused as refused:
        return tell(str(refused), refused.status)
    return 0


def check(options: argparse.Namespace) -> str:
    """The environments to offer, empty for all; refuse what cannot work before anything is made."""
    named = [name for name in options.environments.split(",") if name]
    try:
        clusters.check(options.spawner, options.host)
        if options.spawner == "docker":
            return ",".join(with_image(catalogue(options, named)))
        if named:
            catalogue(options, named).all()
    except MLabsError as error:
        raise Refused(error.message, 2) from error
    except containers.Missing as missing:
        raise Refused(str(missing)) from missing
    return ",".join(named)


def catalogue(options: argparse.Namespace, named: list[str]) -> Catalogue:
    """The environments, with the administrator's own; all, where none is named."""
    from traitlets.config.loader import Config, PyFileConfigLoader

    from mlabs_ext.catalogue import Catalogue  # only here: it costs a tenth of the time to ready

    data = DataDir(options.data) if options.data else DataDir.of(os.environ)
    file = data.settings(os.environ)
    config = PyFileConfigLoader(file).load_config() if file else {}
    return Catalogue(config=Config({"Catalogue": config.get("Catalogue", {})}), enabled=named)


def with_image(catalogue: Catalogue) -> list[str]:
    """The environments that can be offered, as images; say which cannot."""
    built, unbuilt = containers.offered(catalogue)
    if unbuilt:
        tell(UNBUILT.format(names=", ".join(unbuilt), first=unbuilt[0]))
    return built


def prepared(path: str | None) -> DataDir:
    """The data directory, made if need be."""
    data = DataDir(path) if path else DataDir.of(os.environ)
    try:
        return data.prepare()
    except OSError as error:
        raise Refused(f"The data directory {data.path} cannot be used: {error.strerror}.") from error


def free_address(address: Address, data: DataDir) -> Address:
    """The address, or any free port for port 0; raise Refused where another program has it."""
    end_leftover(data, address)
    if address.port == 0:
        with socket.create_server((address.host, 0), family=address.family) as probe:
            return Address(address.host, probe.getsockname()[1])
    if not can_listen(address.host, address.port):
        raise Refused(
            f"Port {address.port} on {address.host} is taken, or not for this user. "
            "Choose another, for example: mlabs up --port 8001"
        )
    return address


def serve(hub: Hub, stop: threading.Event, started: float) -> None:
    """Start everything, say when it is ready, keep it so until `stop`; then end everything."""
    processes.adopt_orphans()
    try:
        hub.start()
        if wait_ready(hub, stop):
            announce(hub, time.monotonic() - started)
            watch(hub, stop)
    finally:
        if stop.is_set():
            tell("Stopping…")
        hub.stop(STOPPED_WITHIN)
        if hub.environ["MLABS_SPAWNER"] == "docker":
            containers.clear(hub.data.prefix())


def wait_ready(hub: Hub, stop: threading.Event, attempts: int = 1) -> bool:
    """True once a person can sign in, False if told to stop before; raise Refused where it fails.

    A hub that dies meanwhile is started again until `attempts` are used up.
    """
    deadline = time.monotonic() + READY_WITHIN
    while not stop.wait(0.2):
        if hub.ready():
            return True
        if hub.status is not None:
            attempts -= 1
            if not attempts:
                raise Refused(f"The hub ended with status {hub.status} before it was ready. {log_of(hub)}")
            hub.start()
        if time.monotonic() > deadline:
            raise Refused(f"MLabs is not ready after {READY_WITHIN:.0f} s. {log_of(hub)}")
    return False


def watch(hub: Hub, stop: threading.Event) -> None:
    """Start the hub again whenever it dies: users' servers outlive it."""
    while not stop.wait(0.5):
        if hub.status is not None:
            tell(f"The hub ended with status {hub.status}; starting it again. Servers go on. Log: {hub.log}")
            hub.start()
            if wait_ready(hub, stop, RESTARTS):
                tell("MLabs is ready again.")


def announce(hub: Hub, seconds: float) -> None:
    """The one line on standard output; advice goes to standard error."""
    password = hub.data.password(os.environ)
    tell(f"Ready in {seconds:.1f} s. Data: {hub.data.path}. Log: {hub.log}. Stop with Ctrl-C.")
    if hub.environ["MLABS_SPAWNER"] == "local":
        tell(TRUST)
    if not hub.address.loopback:
        tell(ELSEWHERE.format(name=socket.gethostname(), port=hub.address.port))
    print(f"MLabs is ready at {hub.address.local_url} (any user name, password {password})", flush=True)


def stop_event() -> threading.Event:
    """An event that is set by Ctrl-C, a polite kill or a closed terminal."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    return stop


def log_of(hub: Hub) -> str:
    """Why it did not start where the log says so in words, else how the log ends; and where it is."""
    # Pages and volunteers that ask meanwhile fill the log; what an earlier start said is no reason.
    _, _, since = hub.last_lines(MANY).rpartition(BEGINS)
    reasons = [line for line in since.splitlines() if line.startswith(REASON)]
    if reasons:
        return f"{reasons[-1]}\nThe log is {hub.log}."
    return f"The log is {hub.log}; it ends:\n\n{hub.last_lines()}"


def tell(message: str, status: int = 1) -> int:
    """Say something that is not a result; the exit status for where it is the last word."""
    print(message, file=sys.stderr, flush=True)
    return status
