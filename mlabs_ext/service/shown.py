"""Rows as the outside sees them: never more than the asker may know."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import UNSET
from sqlalchemy import select
from sqlalchemy.orm import Session

from mlabs_ext import wire
from mlabs_ext.service import orm
from mlabs_ext.service.addresses import Addresses
from mlabs_ext.service.orm_stars import Star
from mlabs_ext.service.orm_thumbnails import Thumbnail
from mlabs_ext.service.rules import access, sees
from mlabs_ext.service.viewers import Viewer


def labs(session: Session, viewer: Viewer, addresses: Addresses, rows: Sequence[orm.Lab]) -> list[wire.Lab]:
    """Labs, with three queries more however many there are."""
    parents = _by_id(session, {row.parent_id for row in rows if row.parent_id})
    live = _live(session, {row.id for row in rows})
    starred = _starred(session, viewer, {row.id for row in rows})
    made = [
        _lab(viewer, addresses, row, parents.get(row.parent_id or ""), row.id in live, row.id in starred)
        for row in rows
    ]
    _illustrate(session, addresses, made)
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


def _illustrate(session: Session, addresses: Addresses, made: list[wire.Lab]) -> None:
    """Give each lab the picture of its latest version, where there is one."""
    columns = orm.Lab.id, Thumbnail.alt, Thumbnail.width, Thumbnail.height
    latest = (orm.Version.lab_id == orm.Lab.id) & (orm.Version.number == orm.Lab.version)
    query = select(*columns).join(orm.Version, latest)
    query = query.join(Thumbnail, Thumbnail.notebook == orm.Version.notebook)
    query = query.where(orm.Lab.id.in_([lab.id for lab in made]), Thumbnail.blob.is_not(None))
    found = {row.id: row for row in session.execute(query)} if made else {}
    for lab in made:
        if row := found.get(lab.id):
            url = addresses.thumbnail(lab.owner, lab.name, lab.version)
            lab.thumbnail = wire.Thumbnail(url, row.alt, row.width, row.height)


def _origin(viewer: Viewer, row: orm.Lab, parent: orm.Lab | None) -> wire.Origin | None:
    if row.forked_version is None:
        return None
    known = f"{parent.owner}/{parent.name}" if parent is not None and sees(viewer, parent) else None
    return wire.Origin(known, row.forked_version)


def _by_id(session: Session, ids: set[str]) -> dict[str, orm.Lab]:
    if not ids:
        return {}
    return {row.id: row for row in session.scalars(select(orm.Lab).where(orm.Lab.id.in_(ids)))}


def _live(session: Session, ids: set[str]) -> set[str]:
    if not ids:
        return set()
    open_runs = select(orm.Run.lab_id).where(
        orm.Run.lab_id.in_(ids),
        orm.Run.ended.is_(None),
        orm.Run.version.is_not(None),
        orm.Run.status == "running",
    )
    return set(session.scalars(open_runs))


def _starred(session: Session, viewer: Viewer, ids: set[str]) -> set[str]:
    """Those with the viewer's own star, which is theirs to see."""
    if not ids or viewer.name is None or not viewer.can_read:
        return set()
    query = select(Star.lab_id).where(Star.lab_id.in_(ids), Star.user == viewer.name)
    return set(session.scalars(query))
