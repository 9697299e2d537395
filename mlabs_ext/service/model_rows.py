"""Models as they are stored and as the outside sees them: who finds one, and what each viewer is told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal, cast, get_args

import msgspec
from msgspec import UNSET
from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from mlabs_ext import wire
from mlabs_ext.errors import NotFound, Stale
from mlabs_ext.names import NAME
from mlabs_ext.service import orm
from mlabs_ext.service.addresses import Addresses
from mlabs_ext.service.asset_paths import media_type
from mlabs_ext.service.conversion.task import Compared
from mlabs_ext.service.orm_models import Model, ModelFile, ModelVersion
from mlabs_ext.service.rules import access, edits, need_write, sees
from mlabs_ext.service.viewers import Viewer

Number = int | Literal["latest"]
MODEL = "model.json"
STORAGES = get_args(wire.Storage)


def absent(owner: str, name: str) -> NotFound:
    """The one answer for models that do not exist and models that the asker may not know of."""
    return NotFound(f"There is no model {owner}/{name}.", "model_not_found")


def find(session: Session, viewer: Viewer, owner: str, name: str, lock: bool = False) -> Model:
    """The model, if the viewer may see it; `lock` keeps others from changing it."""
    if "\0" in owner or not NAME.fullmatch(name):
        raise absent(owner, name)
    query = select(Model).where(Model.owner == owner, Model.name == name, Model.deleted.is_(None))
    row = session.scalar(query.with_for_update() if lock else query)
    if row is None or not sees(viewer, row):
        raise absent(owner, name)
    return row


def edited(session: Session, viewer: Viewer, owner: str, name: str, if_match: str | None = None) -> Model:
    """The model, locked for a change by who may edit it; absent to everybody else."""
    need_write(viewer)
    row = find(session, viewer, owner, name, lock=True)
    if not edits(viewer, row):
        raise absent(owner, name)
    if if_match is not None and if_match != etag(row):
        raise Stale(f"{owner}/{name} was changed in the meantime: read it again.", "model_changed")
    return row


def own(session: Session, viewer: Viewer, owner: str, name: str, if_match: str | None = None) -> Model:
    """The same for its owner and administrators alone."""
    row = edited(session, viewer, owner, name, if_match)
    if not viewer.acts_for(owner):
        raise absent(owner, name)
    return row


def etag(row: Model) -> str:
    """What changes whenever the model does."""
    return f'"{row.id}-{row.revision}"'


def find_version(session: Session, viewer: Viewer, row: Model, number: Number) -> ModelVersion:
    """A version of the model. What is not ready is for those alone who may edit the model."""
    busy = edits(viewer, row)
    wanted = (row.version or (row.newest if busy else 0)) if number == "latest" else number
    version = session.get(ModelVersion, (row.id, wanted)) if 0 < wanted < 2**31 else None
    if version is None or (version.status != "ready" and not busy):
        raise NotFound(f"{row.owner}/{row.name} has no version {number}.", "version_not_found")
    return version


def shown(
    session: Session, viewer: Viewer, addresses: Addresses, row: Model, version: ModelVersion
) -> wire.Model:
    """One version of a model, with all there is."""
    made = heads(session, viewer, addresses, [(row, version)])[0]
    made.layers = msgspec.convert(version.layers, list[wire.ModelLayer])
    made.notes, made.needs = version.notes, version.needs
    made.files = [file_shape(addresses, row, file) for file in _files(session, version)]
    made.variants = _variants(session, addresses, row, version)
    return made


def _variants(
    session: Session, addresses: Addresses, row: Model, version: ModelVersion
) -> list[wire.ModelVariant]:
    number = version.number
    mine = ModelFile.model_id == row.id, ModelFile.number == number, ModelFile.kind.in_(STORAGES)
    query = select(ModelFile.kind, func.sum(ModelFile.size)).where(*mine).group_by(ModelFile.kind)
    found = []
    for kind, size in session.execute(query.order_by(ModelFile.kind)):
        url, latest = (
            addresses.model_file(row.owner, row.name, which, f"{kind}/{MODEL}")
            for which in (number, "latest")
        )
        compared = _compared((version.compared or {}).get(kind))
        found.append(wire.ModelVariant(cast(wire.Storage, kind), int(size), url, latest, compared))
    return found


def _compared(told: dict[str, Any] | None) -> wire.ModelCompared:
    found = (
        msgspec.convert(told, Compared) if told else Compared(reason="it was made before this was measured")
    )
    if found.reason:
        return wire.ModelCompared(0, None, None, None, found.reason)
    same = found.same / found.classes if found.classes else None
    return wire.ModelCompared(found.rows, found.difference, found.largest, same, None)


def _files(session: Session, version: ModelVersion) -> list[ModelFile]:
    """What front ends load, and what came; of TensorFlow.js' own only the former, which has all of it."""
    mine = ModelFile.model_id == version.model_id, ModelFile.number == version.number
    own = version.status == "ready" and (version.format or "").startswith("tfjs")
    kinds = ("served",) if own else ("served", "source")
    found = session.scalars(select(ModelFile).where(*mine, ModelFile.kind.in_(kinds))).all()
    return sorted(found, key=lambda file: (file.kind != "served", file.path != MODEL, file.path))


def heads(
    session: Session, viewer: Viewer, addresses: Addresses, rows: Sequence[tuple[Model, ModelVersion]]
) -> list[wire.Model]:
    """Versions of models without what is long, with three queries more however many there are."""
    labs = _by_id(session, orm.Lab, {row.lab_id for row, _ in rows})
    sizes = _sizes(session, [version for _, version in rows])
    runs = _runs(session, {version.run_id for _, version in rows})
    return [
        _head(viewer, addresses, row, version, labs.get(row.lab_id or ""), runs, sizes)
        for row, version in rows
    ]


def file_shape(addresses: Addresses, row: Model, file: ModelFile) -> wire.ModelFile:
    """A file of a version."""
    url = addresses.model_file(row.owner, row.name, file.number, file.path)
    return wire.ModelFile(file.path, file.size, media_type(file.path), file.blob, url)


def _head(
    viewer: Viewer,
    addresses: Addresses,
    row: Model,
    version: ModelVersion,
    lab: orm.Lab | None,
    runs: dict[str, orm.Run],
    sizes: dict[tuple[str, int], int],
) -> wire.Model:
    known = lab is not None and sees(viewer, lab)
    run = runs.get(version.run_id or "")
    told = known and run is not None and (run.version is not None or viewer.acts_for(row.owner))
    mine = edits(viewer, row)
    return wire.Model(
        owner=row.owner,
        name=row.name,
        version=version.number,
        format=version.format,
        status=version.status,
        inputs=msgspec.convert(version.inputs, list[wire.Tensor]),
        outputs=msgspec.convert(version.outputs, list[wire.Tensor]),
        parameters=version.parameters,
        url=addresses.model_file(row.owner, row.name, version.number, MODEL),
        id=row.id,
        title=row.title,
        description=row.description,
        visibility=row.visibility,
        newest=row.newest if mine else row.version,
        author=version.author,
        message=version.message,
        size=sizes.get((row.id, version.number), 0),
        lab=f"{lab.owner}/{lab.name}" if lab and known else None,
        run=version.run_id if told else None,
        follows=row.path if mine else None,
        created=version.created,
        updated=row.updated,
        latest_url=addresses.model_file(row.owner, row.name, "latest", MODEL),
        page_url=addresses.model(row.owner, row.name),
        error=wire.ModelError(**version.error) if version.error else UNSET,
        taken_down=row.taken_down,
        access=access(viewer, row) or UNSET,
    )


def _by_id(session: Session, table: type[Any], ids: Iterable[str | None]) -> dict[str, Any]:
    wanted = [id_ for id_ in ids if id_]
    return (
        {row.id: row for row in session.scalars(select(table).where(table.id.in_(wanted)))} if wanted else {}
    )


def _runs(session: Session, ids: Iterable[str | None]) -> dict[str, orm.Run]:
    return _by_id(session, orm.Run, ids)


def _sizes(session: Session, versions: Sequence[ModelVersion]) -> dict[tuple[str, int], int]:
    """The bytes that front ends load of each; while there are none, those that came."""
    ids = [(version.model_id, version.number) for version in versions]
    wanted = {(version.model_id, version.number, version.status) for version in versions}
    columns = ModelFile.model_id, ModelFile.number, ModelFile.kind
    these = tuple_(ModelFile.model_id, ModelFile.number).in_(ids)
    query = select(*columns, func.sum(ModelFile.size)).where(these).group_by(*columns)
    found = (
        {(id_, number, kind): int(size) for id_, number, kind, size in session.execute(query)} if ids else {}
    )
    return {
        (id_, number): found.get((id_, number, "served" if status == "ready" else "source"), 0)
        for id_, number, status in wanted
    }
