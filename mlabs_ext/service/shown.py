"""Rows as the outside sees them: never more than the asker may know."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from msgspec import UNSET
from sqlalchemy import BindParameter, Select, String, bindparam, select
from sqlalchemy.orm import Session

from mlabs_ext import wire
from mlabs_ext.service import orm
from mlabs_ext.service.addresses import Addresses
from mlabs_ext.service.orm_stars import Star
from mlabs_ext.service.orm_thumbnails import Thumbnail
from mlabs_ext.service.rules import access, sees
from mlabs_ext.service.viewers import Viewer

# Statements with these are made once: to make one takes longer than to run it.
IDS: BindParameter[Any] = bindparam("ids", expanding=True)
USER = bindparam("user", type_=String)


class Beside(NamedTuple):
    """What is known of a lab elsewhere; nothing of one that was removed a moment ago."""

    live: bool = False
    pictured: bool = False
    alt: str = ""
    width: int = 0
    height: int = 0


def labs(session: Session, viewer: Viewer, addresses: Addresses, rows: Sequence[orm.Lab]) -> list[wire.Lab]:
    """Labs, with at most three queries more however many there are."""
    parents = _by_id(session, {row.parent_id for row in rows if row.parent_id})
    beside = _beside(session, [row.id for row in rows])
    starred = _starred(session, viewer, {row.id for row in rows})
    made = []
    for row in rows:
        parent, more = parents.get(row.parent_id or ""), beside.get(row.id, Beside())
        shape = _lab(viewer, addresses, row, parent, more.live, row.id in starred)
        shape.thumbnail = _picture(addresses, row, more)
        made.append(shape)
    return made


def lab(session: Session, viewer: Viewer, addresses: Addresses, row: orm.Lab) -> wire.Lab:
    """One lab."""
    return labs(session, viewer, addresses, [row])[0]


def version(addresses: Addresses, lab: orm.Lab, row: orm.Version, run: str | None = None) -> wire.Version:
    """A version of a lab, with the run that produced its outputs."""
    return wire.Version(
        lab=f"{lab.owner}/{lab.name}",
        number=row.number,
        author=row.author,
        message=row.message,
        environment=row.environment,
        accelerator=row.accelerator,
        created=row.created,
        notebook_sha256=row.notebook,
        code_sha256=row.code_sha256,
        cells=row.cells,
        size=row.size,
        url=addresses.version(lab.owner, lab.name, row.number),
        run=run,
        merged=row.merged,
    )


def versions(
    session: Session, addresses: Addresses, lab: orm.Lab, rows: Sequence[orm.Version]
) -> list[wire.Version]:
    """Versions of a lab, each with its run where that is on record."""
    named = {row.run_id for row in rows if row.run_id}
    of_lab = select(orm.Run.id).where(orm.Run.id.in_(named), orm.Run.lab_id == lab.id)
    known = set(session.scalars(of_lab)) if named else set()
    return [version(addresses, lab, row, row.run_id if row.run_id in known else None) for row in rows]


def run(addresses: Addresses, lab: orm.Lab, row: orm.Run, watching: int = 0) -> wire.Run:
    """A run of a lab."""
    return wire.Run(
        id=row.id,
        lab=f"{lab.owner}/{lab.name}",
        version=row.version,
        user=row.user,
        kind=row.kind,
        run_all=row.run_all,
        status=row.status,
        busy=row.executing is not None and row.ended is None,
        environment=row.environment,
        image=row.image,
        accelerator=row.accelerator,
        parameters=row.parameters,
        started=row.started,
        ended=row.ended,
        duration=row.duration,
        cells=row.cells,
        error=wire.RunError(**row.error) if row.error else None,
        metrics=row.metrics,
        code_sha256=row.code_sha256,
        url=addresses.run(lab.owner, lab.name, row.id),
        reason=row.reason,
        timeout=row.timeout,
        rerun_of=row.rerun_of,
        stopping=row.stopping is not None and row.ended is None,
        watching=watching,
        resources=row.resources,
        expired=row.expired,
        scheduled=row.scheduled,
    )


def _lab(
    viewer: Viewer, addresses: Addresses, row: orm.Lab, parent: orm.Lab | None, live: bool, starred: bool
) -> wire.Lab:
    return wire.Lab(
        id=row.id,
        owner=row.owner,
        name=row.name,
        title=row.title,
        description=row.description,
        tags=row.tags,
        visibility=row.visibility,
        environment=row.environment,
        accelerator=row.accelerator,
        version=row.version,
        forked_from=_origin(viewer, row, parent),
        forks=row.forks,
        stars=row.stars,
        runs=row.runs,
        live=live,
        created=row.created,
        updated=row.updated,
        url=addresses.lab(row.owner, row.name),
        embed_url=addresses.embed(row.owner, row.name),
        image=row.image,
        checkpoint=row.checkpoint,
        starred=starred,
        comments=row.comments,
        taken_down=row.taken_down,
        access=access(viewer, row) or UNSET,
        license=row.license,
    )


def _picture(addresses: Addresses, row: orm.Lab, beside: Beside) -> wire.Thumbnail | None:
    """The picture of the latest version, where there is one."""
    if not beside.pictured:
        return None
    url = addresses.thumbnail(row.owner, row.name, row.version)
    return wire.Thumbnail(url, beside.alt, beside.width, beside.height)


def _beside(session: Session, ids: list[str]) -> dict[str, Beside]:
    """Of each lab, whether it runs now, and its picture."""
    rows = session.execute(_with_picture(), {"ids": ids}) if ids else ()
    return {id_: Beside(*row) for id_, *row in rows}


@cache
def _with_picture() -> Select[*tuple[Any, ...]]:
    run, latest = orm.Run, orm.Version.number == orm.Lab.version
    goes_on = run.ended.is_(None), run.version.is_not(None), run.status == "running"
    live = select(run.key).where(run.lab_id == orm.Lab.id, *goes_on).exists()
    picture = Thumbnail.alt, Thumbnail.width, Thumbnail.height
    query = select(orm.Lab.id, live.label("live"), Thumbnail.blob.is_not(None).label("pictured"), *picture)
    query = query.outerjoin(orm.Version, (orm.Version.lab_id == orm.Lab.id) & latest)
    query = query.outerjoin(Thumbnail, Thumbnail.notebook == orm.Version.notebook)
    return query.where(orm.Lab.id.in_(IDS))


def _origin(viewer: Viewer, row: orm.Lab, parent: orm.Lab | None) -> wire.Origin | None:
    if row.forked_version is None:
        return None
    known = f"{parent.owner}/{parent.name}" if parent is not None and sees(viewer, parent) else None
    return wire.Origin(known, row.forked_version)


def _by_id(session: Session, ids: set[str]) -> dict[str, orm.Lab]:
    if not ids:
        return {}
    return {row.id: row for row in session.scalars(_labs(), {"ids": list(ids)})}


@cache
def _labs() -> Select[orm.Lab]:
    return select(orm.Lab).where(orm.Lab.id.in_(IDS))


def _starred(session: Session, viewer: Viewer, ids: set[str]) -> set[str]:
    """Those with the viewer's own star, which is theirs to see."""
    if not ids or viewer.name is None or not viewer.can_read:
        return set()
    return set(session.scalars(_with_star(), {"ids": list(ids), "user": viewer.name}))


@cache
def _with_star() -> Select[str]:
    return select(Star.lab_id).where(Star.lab_id.in_(IDS), Star.user == USER)
