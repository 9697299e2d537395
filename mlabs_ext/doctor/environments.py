"""Checks of the environments that notebooks run in on this machine."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from pathlib import Path

from mlabs_ext.doctor import directory
from mlabs_ext.doctor.found import Found, fault, warning
from mlabs_ext.doctor.here import Here
from mlabs_ext.errors import MLabsError

FOLDER = re.compile(r"[a-z0-9-]+-py\d+-[0-9a-f]{12}")


def catalogue(here: Here) -> Iterator[Found]:
    """Their descriptions can be read, and those that are offered by name can be had."""
    try:
        specs = here.catalogue.all()
    except MLabsError as error:
        yield fault(error.message)
        return
    if here.spawner == "local" and (here.catalogue.enabled or here.environ.get("MLABS_ENVIRONMENTS")):
        for spec in specs:
            reason = spec.missing()
            if reason:
                yield warning(f"{spec.name} is offered, and cannot be installed here: {reason}")


def whole(here: Here) -> Iterator[Found]:
    """What is installed is all there."""
    here.need_spawner("local")
    here.need_data()
    place = Path(directory.environments(here))
    for path in sorted(place.iterdir()) if place.is_dir() else ():
        if not FOLDER.fullmatch(path.name):
            continue
        if not (path / ".mlabs-ready").exists():
            if not held(place / "locks" / f"{path.name}.lock"):
                yield warning(f"The installation of {path} was broken off.")
        elif not os.access(path / "bin" / "python", os.X_OK):
            yield fault(f"{path} has no Python that runs: labs in it cannot start.")


def held(lock: Path) -> bool:
    """Whether somebody is installing; one who begins in the instant of this look tries again."""
    if not lock.exists():
        return False
    with lock.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
