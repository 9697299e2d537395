"""`mlabs up`: everything a person needs to sign in, from one command, gone again with Ctrl-C."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import threading
import time
from typing import TYPE_CHECKING

from mlabs_ext.errors import MLabsError
from mlabs_ext.up import clusters, containers, processes
from mlabs_ext.up.address import Address
from mlabs_ext.up.data import Busy, DataDir, can_listen
from mlabs_ext.up.hub import Hub, end_leftover, environment
from mlabs_ext.up.manager import STOPPING, tell_manager
from mlabs_ext.up.patience import Patience
from mlabs_ext.up.settings import Settings
from mlabs_ext.up.spawners import SPAWNERS
from mlabs_ext.up.telling import announce, log_of, tell

if TYPE_CHECKING:
    from mlabs_ext.catalogue import Catalogue

STOPPED_WITHIN = 30.0
# How often a hub that worked once may die while it starts again.
RESTARTS = 5
UNBUILT = """\
Not offered, for want of an image: {names}. To change that: mlabs images build {first}, then start again."""
# Processes of this machine are children of `mlabs up`.
ENDS = """\
--keep-servers needs servers that are not processes of this machine: add --spawner docker."""


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
    add(
        "--keep-servers",
        action="store_true",
        help="leave open labs running when stopped; the next start finds them (not with --spawner local)",
    )


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
        settings = settings_of(options)
        environments = check(options, settings)
        data = prepared(options.data)
        with data.locked():
            address = free_address(Address(options.host, options.port), data)
            environ = environment(data, address, options.spawner, environments, options.keep_servers)
            serve(Hub(data, address, environ), settings, stop, started)
    except Busy as busy:
        return tell(
            f"MLabs is up already on this data directory ({busy}). Stop it, or choose another --data."
        )
    except Refused as refused:
        return tell(str(refused), refused.status)
    return 0


def settings_of(options: argparse.Namespace) -> Settings:
    """The administrator's settings; refuse those that cannot be read."""
    data = DataDir(options.data) if options.data else DataDir.of(os.environ)
    try:
        return Settings(data.settings(os.environ))
    except MLabsError as error:
        raise Refused(error.message) from error


def check(options: argparse.Namespace, settings: Settings) -> str:
    """The environments to offer, empty for all; refuse what cannot work before anything is made."""
    named = [name for name in options.environments.split(",") if name]
    if options.keep_servers and options.spawner == "local":
        raise Refused(ENDS, 2)
    try:
        clusters.check(options.spawner, options.host, settings.homes_are_folders)
        if options.spawner == "docker":
            return ",".join(with_image(settings.catalogue(named)))
        if named:
            settings.catalogue(named).all()
    except MLabsError as error:
        raise Refused(error.message, 2) from error
    except containers.Missing as missing:
        raise Refused(str(missing)) from missing
    return ",".join(named)


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


def serve(hub: Hub, settings: Settings, stop: threading.Event, started: float) -> None:
    """Start everything, say when it is ready, keep it so until `stop`; then end everything."""
    processes.adopt_orphans()
    try:
        hub.start()
        if wait_ready(hub, stop):
            announce(hub, settings, time.monotonic() - started)
            watch(hub, stop)
    finally:
        if stop.is_set():
            tell("Stopping…")
            tell_manager(STOPPING)
        hub.stop(STOPPED_WITHIN)
        if hub.environ["MLABS_SPAWNER"] == "docker" and not hub.keeps_servers:
            containers.clear(hub.data.prefix())


def wait_ready(hub: Hub, stop: threading.Event, attempts: int = 1) -> bool:
    """True once a person can sign in, False if told to stop before; raise Refused where it fails.

    A hub that dies meanwhile is started again until `attempts` are used up.
    """
    patience = Patience(hub)
    while not stop.wait(0.2):
        if hub.ready():
            return True
        if hub.status is not None:
            attempts -= 1
            if not attempts:
                raise Refused(f"The hub ended with status {hub.status} before it was ready. {log_of(hub)}")
            hub.start()
        if patience.over():
            raise Refused(f"MLabs is not ready after {patience.waited:.0f} s. {log_of(hub)}")
    return False


def watch(hub: Hub, stop: threading.Event) -> None:
    """Start the hub again whenever it dies: users' servers outlive it."""
    while not stop.wait(0.5):
        if hub.status is not None:
            tell(f"The hub ended with status {hub.status}; starting it again. Servers go on. Log: {hub.log}")
            hub.start()
            if wait_ready(hub, stop, RESTARTS):
                tell("MLabs is ready again.")


def stop_event() -> threading.Event:
    """An event that is set by Ctrl-C, a polite kill or a closed terminal."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    return stop
