"""The site of each stage, and the faults that only it has."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from support import images, needs
from support.postgresql import Server

from campaign import clock, containers, database
from campaign.faults import KILLED_WHILE_FULL, Fault, FullDisk
from campaign.labs import OpenLab
from campaign.recovery import Probe
from campaign.site import Site, disk, may_mount

More = Callable[[OpenLab], list[Fault]]
Made = tuple[Site, More]


@contextmanager
def ready(name: str, folder: Path) -> Iterator[Made]:
    """The site of a stage in this folder, ready; what it stands on goes after it."""
    with SITES[name](folder) as (site, more):
        try:
            site.up.wait_ready()
            yield site, more
        finally:
            site.stop()


@contextmanager
def _sqlite(folder: Path) -> Iterator[Made]:
    yield Site(folder), lambda lab: []


@contextmanager
def _disk(folder: Path, killed: float = KILLED_WHILE_FULL) -> Iterator[Made]:
    with disk(folder / "disk") as where:
        site = Site(where)
        yield site, lambda lab: [FullDisk(site, Probe(lab.person), killed)]


def _short(folder: Path) -> AbstractContextManager[Made]:
    return _disk(folder, killed=0.0) if may_mount() else _sqlite(folder)


@contextmanager
def _clock(folder: Path) -> Iterator[Made]:
    environ = clock.environ(folder)
    site = Site(folder, settings=clock.SETTINGS.format(environ=environ), **environ)
    yield site, lambda lab: [clock.MovedClock(folder / "clock", Probe(lab.person))]


@contextmanager
def _postgresql(folder: Path) -> Iterator[Made]:
    with _server() as server:
        site = Site(folder, server.new_database())
        yield site, lambda lab: [database.KillDatabase(server, Probe(lab.person))]


@contextmanager
def _network(folder: Path) -> Iterator[Made]:
    database.own_network()
    with _server() as server:
        site = Site(folder, server.new_database())
        yield site, lambda lab: [database.CutNetwork(server, Probe(lab.person))]


@contextmanager
def _docker(folder: Path) -> Iterator[Made]:
    # Built by the machine's own engine, which may ask its network for packages.
    os.environ["MLABS_IMAGE_PREFIX"] = images.prefix()
    image = images.image("python")
    database.own_network()
    with containers.own_engine(image) as engine:
        site = Site(folder, arguments=containers.ARGUMENTS, DOCKER_HOST=engine.host)
        yield (
            site,
            lambda lab: [containers.KillEngine(engine, lab), containers.KillContainer(engine, lab)],
        )


@contextmanager
def _server() -> Iterator[Server]:
    server = Server(needs.postgresql_programs())
    server.start()
    try:
        yield server
    finally:
        server.stop()


SITES: dict[str, Callable[[Path], AbstractContextManager[Made]]] = {
    "short": _short,
    "sqlite": _sqlite,
    "disk": _disk,
    "clock": _clock,
    "postgresql": _postgresql,
    "short-postgresql": _postgresql,
    "network": _network,
    "docker": _docker,
    "short-docker": _docker,
}
