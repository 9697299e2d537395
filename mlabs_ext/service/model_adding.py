"""Adds versions to models, whoever does it: a person who uploads, or a run that has ended."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from itertools import count

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from traitlets import Integer
from ulid import ULID

from mlabs_ext.errors import Conflict, TooLarge
from mlabs_ext.names import name_from, numbered
from mlabs_ext.service import storage, tfjs_files
from mlabs_ext.service.fields import plain
from mlabs_ext.service.model_upload import Stored, checked
from mlabs_ext.service.orm_models import Model, ModelFile, ModelVersion
from mlabs_ext.service.rules import Rules, need_write
from mlabs_ext.service.sizes import spoken
from mlabs_ext.service.tfjs_files import MODEL
from mlabs_ext.service.viewers import Viewer


class ModelAdding(Rules):
    """What the rules about models share; a version begins as `queued`, and `ModelQueue` has what follows."""

    max_size = Integer(
        512 * 1024**2,
        help="""The largest model in bytes, all of its files together, that is taken; more gets a 413.

        Default: 512 MiB. Example:

            c.Models.max_size = 2 * 1024**3
        """,
    ).tag(config=True)

    def expect(self, viewer: Viewer, size: int) -> None:
        """Raise what keeps files of so many bytes from being taken, before they come."""
        owner = need_write(viewer)
        if size > self.max_size:
            raise self._too_large()
        with self.store.read() as session:
            storage.check_size(session, self.plans.of(session, owner, viewer), owner, size)

    def checked(self, files: Sequence[Stored]) -> list[Stored]:
        """The files of one model; what is TensorFlow.js' own is looked at here and now."""
        kept = checked(files)
        if sum(file.size for file in kept) > self.max_size:
            raise self._too_large()
        described = next((file for file in kept if file.path == MODEL), None)
        if described is not None:
            if described.size > tfjs_files.MAX_MODEL:
                raise TooLarge(f"{MODEL} may have {spoken(tfjs_files.MAX_MODEL)}.", "model_too_large")
            sizes = {file.path: file.size for file in kept if file.path != MODEL}
            tfjs_files.check(self.blobs.get(described.digest), sizes)
        return kept

    def _too_large(self) -> TooLarge:
        return TooLarge(f"A model may have {spoken(self.max_size)} here.", "model_too_large")

    def add(
        self,
        session: Session,
        viewer: Viewer | None,
        row: Model,
        author: str,
        message: str,
        files: Sequence[Stored],
        run: str | None = None,
    ) -> ModelVersion:
        """A version of a model that nobody else can change now; the newest where the same came already."""
        said = hashlib.sha256("\n".join(sorted(f"{f.path} {f.digest}" for f in files)).encode()).hexdigest()
        newest = session.get(ModelVersion, (row.id, row.newest)) if row.newest else None
        if newest is not None and newest.said == said and newest.status != "refused":
            return newest
        plan = self.plans.of(session, row.owner, viewer)
        storage.check_size(session, plan, row.owner, sum(file.size for file in files))
        row.newest, now = (row.newest or 0) + 1, self.now()
        touch(row, now)
        version = ModelVersion(model_id=row.id, number=row.newest, author=author, created=now, said=said)
        version.message, version.run_id = plain(message, "message"), run
        session.add(version)
        session.flush()
        place_of = {"model_id": row.id, "number": row.newest, "kind": "source"}
        session.add_all(ModelFile(path=f.path, blob=f.digest, size=f.size, **place_of) for f in files)
        session.flush()
        return version

    def new_row(self, session: Session, owner: str, name: str | None, title: str, visibility: str) -> Model:
        """A model without a version, under its name or the first free one."""
        now = self.now()
        row = Model(id=str(ULID()), owner=owner, title=title, visibility=visibility, created=now, updated=now)
        row.description, row.version, row.newest, row.revision = "", 0, 0, 0
        place(session, row, name)
        return row


def begun(session: Session, owner: str, name: str, exact: bool = True) -> Model | None:
    """The model of this name of which nothing was ever ready and all was refused: it is as good as none.

    Where the name is not `exact`, the first that is so among those that are numbered after it without a gap.
    """
    for candidate in [name] if exact else (numbered(name, n) for n in count(1)):
        same = Model.owner == owner, Model.name == candidate, Model.deleted.is_(None)
        row = session.scalar(select(Model).where(*same).with_for_update())
        if row is None:
            return None
        newest = session.get(ModelVersion, (row.id, row.newest))
        if not row.version and newest is not None and newest.status == "refused":
            return row
    return None


def touch(row: Model, now: datetime) -> None:
    """Note a change: a new ETag, and the top of the lists."""
    row.revision += 1
    row.updated = now


def place(session: Session, row: Model, name: str | None) -> None:
    """Put a model under its name (Conflict where that is taken), or the first free one of its title's."""
    stem = name_from(row.title, "model")
    for candidate in [name] if name else (numbered(stem, n) for n in count(1)):
        try:
            with session.begin_nested():
                row.name = candidate
                session.add(row)
                session.flush()
                return
        except IntegrityError:
            continue
    raise Conflict(
        f"There is a model {row.owner}/{name} already: add a version to it, or choose another name.",
        "model_exists",
        {"versions": f"/models/{row.owner}/{name}/versions"},
    )
