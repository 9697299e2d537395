"""The files of a version of a model on their way into a conversion, and out of it into blobs and rows."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from mlabs_ext.service import tfjs_files
from mlabs_ext.service.blobs import Blobs
from mlabs_ext.service.conversion.task import Converted
from mlabs_ext.service.model_upload import Stored
from mlabs_ext.service.orm_models import ModelFile
from mlabs_ext.service.tfjs_files import MODEL

Kept = list[tuple[str, Stored]]


def laid_out(blobs: Blobs, stored: Mapping[str, Stored], folder: Path) -> tuple[dict[str, Path], Path]:
    """Blobs as files by their paths, and an empty folder beside them."""
    target, source = folder / "target", folder / "source"
    target.mkdir()
    files = {}
    for path, blob in stored.items():
        files[path] = blobs.local_path(blob.digest) or source / path
        if files[path] == source / path:
            files[path].parent.mkdir(parents=True, exist_ok=True)
            with blobs.open(blob.digest) as came, files[path].open("wb") as file:
                shutil.copyfileobj(came, file)
    return files, target


def kept(blobs: Blobs, number: int, made: Converted, folder: Path, variant: str | None = None) -> Kept:
    """What was made, in blobs, each with the kind of file that it is.

    `latest/model.json` names weights by this very version: nobody who loads it while a new one comes gets
    the weights of another.
    """
    below, up = (f"{variant}/", "../../") if variant else ("", "../")
    stored = [(variant or "served", _stored(blobs, folder, path)) for path in made.files]
    from_latest = tfjs_files.with_paths(
        (folder / MODEL).read_bytes(), lambda path: f"{up}{number}/{below}{tfjs_files.shard(path)}"
    )
    return [*stored, ("latest", Stored(f"{below}{MODEL}", blobs.put(from_latest), len(from_latest)))]


def _stored(blobs: Blobs, folder: Path, path: str) -> Stored:
    file = folder / path
    return Stored(path, blobs.put_file(file), file.stat().st_size)


def add(session: Session, model: str, number: int, files: Iterable[tuple[str, Stored]]) -> None:
    """The rows of a version's files."""
    place = {"model_id": model, "number": number}
    for kind, file in files:
        session.add(ModelFile(kind=kind, path=file.path, blob=file.digest, size=file.size, **place))


def of_kind(session: Session, model: str, number: int, kind: str) -> dict[str, Stored]:
    """A version's files of one kind, by their paths."""
    mine = ModelFile.model_id == model, ModelFile.number == number, ModelFile.kind == kind
    files = session.scalars(select(ModelFile).where(*mine))
    return {file.path: Stored(file.path, file.blob, file.size) for file in files}
