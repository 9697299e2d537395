"""Which version of its original a version of a fork stands on."""

from __future__ import annotations

from sqlalchemy.orm import Session

from mlabs_ext.errors import Stale
from mlabs_ext.notebook import Runtime
from mlabs_ext.service import orm


def noted(session: Session, lab: orm.Lab, runtime: Runtime, latest: orm.Version | None) -> int | None:
    """What a new version has taken in: as its notebook says, else what the version before has."""
    parent = session.get(orm.Lab, lab.parent_id) if lab.parent_id else None
    if parent is not None and (number := named(runtime, parent)):
        return number
    return latest.merged if latest else None


def named(runtime: Runtime, parent: orm.Lab) -> int | None:
    """The version of the original that a notebook says it has taken in, if there is such a one."""
    if runtime.upstream is None:
        return None
    lab, number = runtime.upstream
    return number if lab == f"{parent.owner}/{parent.name}" and number <= parent.version else None


def of(lab: orm.Lab, version: orm.Version) -> int | None:
    """The version of the original that a version of a fork stands on; None where it is no fork."""
    return version.merged or lab.forked_version


def need_latest(version: orm.Version, wanted: int | None) -> orm.Version:
    """The latest version of a lab, if it is the one that the asker has looked at."""
    if wanted not in (None, version.number):
        raise Stale("There is a newer version by now: look at that first.", "lab_changed")
    return version
