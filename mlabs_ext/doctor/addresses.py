"""Checks of where MLabs listens, and who may come in there."""

from __future__ import annotations

import json
from collections.abc import Iterator

import psutil

from mlabs_ext.doctor import asking
from mlabs_ext.doctor.found import Found, NotHere, fault, warning
from mlabs_ext.doctor.here import Here
from mlabs_ext.up.data import can_listen


def port(here: Here) -> Iterator[Found]:
    """The port is free for MLabs."""
    if here.hub:
        raise NotHere("MLabs has it")
    host, number = here.address.host, here.address.port
    if number and not can_listen(host, number):
        yield fault(f"Port {number} on {host} is taken{by(number)}.")


def by(port: int) -> str:
    """Who listens there, as far as this user may know."""
    try:
        found = psutil.net_connections("tcp")
    except psutil.Error:
        return ""
    pids = [
        one.pid
        for one in found
        if one.status == psutil.CONN_LISTEN and one.laddr and one.laddr.port == port and one.pid
    ]
    if not pids or not psutil.pid_exists(pids[0]):
        return ", or not for this user"
    return f" by {psutil.Process(pids[0]).name()}, process {pids[0]}"


def processes(here: Here) -> Iterator[Found]:
    """Hub, proxy and service all answer on this machine."""
    here.need_running()
    ports = here.data.last_ports()
    base, proxy = here.base, here.address.local_url
    parts = [("the hub through the proxy", f"{proxy}{base}hub/health")]
    parts.append(("the service through the proxy", f"{proxy}{base}services/mlabs/healthz"))
    if ports:
        parts.insert(0, ("the service", f"http://127.0.0.1:{ports.service}{base}services/mlabs/healthz"))
        parts.insert(0, ("the hub", f"http://127.0.0.1:{ports.hub}{base}hub/health"))
    for name, url in parts:
        reply = asking.get(url)
        if reply.status != 200:
            yield fault(f"{name[0].upper()}{name[1:]} does not answer at {url}: {reply.words}.")


def version(here: Here) -> Iterator[Found]:
    """What runs is what is installed."""
    import mlabs_ext

    here.need_running()
    url = f"{here.address.local_url}{here.base}services/mlabs/healthz"
    reply = asking.get(url)
    if reply.status != 200:
        raise NotHere("the service does not answer")
    runs = json.loads(reply.body).get("version")
    if runs != mlabs_ext.__version__:
        yield warning(f"MLabs {runs} runs, and {mlabs_ext.__version__} is installed.")


def exposure(here: Here) -> Iterator[Found]:
    """What other machines reach is encrypted, and its users are apart from each other."""
    if here.address.loopback:
        raise NotHere("only this machine reaches MLabs")
    if not here.public_url.startswith("https://"):
        yield warning(
            f"Other machines reach MLabs on {here.address.host} without encryption, passwords included."
        )
    if here.spawner == "local":
        yield warning("Other machines reach MLabs, and all servers run as one user of the operating system.")
