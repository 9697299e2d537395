"""Deleted models can be restored for a while, as labs can."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from traitlets import Integer

from mlabs_ext import wire
from mlabs_ext.errors import Conflict
from mlabs_ext.service import model_rows, statements
from mlabs_ext.service.model_rows import own
from mlabs_ext.service.orm_models import Model, ModelVersion
from mlabs_ext.service.rules import Rules, need_read, need_write
from mlabs_ext.service.viewers import Viewer

SHOWN = 100


class ModelTrash(Rules):
    """The rules about deleted models."""

    keep_deleted = Integer(
        30,
        help="""For how many days a deleted model can be restored; then it is gone, with its versions.

        Default: 30. Example:

            c.Models.keep_deleted = 90
        """,
    ).tag(config=True)

    def delete(self, viewer: Viewer, owner: str, name: str, if_match: str | None = None) -> None:
        """Put a model into the trash: its addresses lead nowhere from now on, and its name is free."""
        with self.store.write() as session:
            row = own(session, viewer, owner, name, if_match)
            row.deleted = row.updated = self.now()
            row.revision += 1

    def trash(self, viewer: Viewer) -> list[wire.Model]:
        """The viewer's deleted models, the last deleted first, at most 100."""
        owner = need_read(viewer)
        query = select(Model, ModelVersion).join(ModelVersion, ModelVersion.model_id == Model.id)
        query = query.where(Model.owner == owner, Model.deleted.is_not(None))
        query = query.where(ModelVersion.number == Model.newest).order_by(Model.deleted.desc()).limit(SHOWN)
        with self.store.read() as session:
            pairs = [(row, version) for row, version in session.execute(query)]
            return model_rows.heads(session, viewer, self.addresses, pairs)

    def restore(self, viewer: Viewer, owner: str, name: str) -> wire.Model:
        """Take the model of this name that was deleted last out of the trash."""
        need_write(viewer)
        if not viewer.acts_for(owner) or "\0" in owner or "\0" in name:
            raise model_rows.absent(owner, name)
        gone = Model.owner == owner, Model.name == name, Model.deleted.is_not(None)
        query = select(Model).where(*gone).order_by(Model.deleted.desc()).limit(1).with_for_update()
        with self.store.write() as session:
            row = session.scalar(query)
            if row is None:
                raise model_rows.absent(owner, name)
            row.deleted, row.updated, row.revision = None, self.now(), row.revision + 1
            try:
                session.flush()
            except IntegrityError as error:
                taken = f"There is another model {owner}/{name} now: delete that one first."
                raise Conflict(taken, "model_exists") from error
            version = model_rows.find_version(session, viewer, row, "latest")
            return model_rows.shown(session, viewer, self.addresses, row, version)

    def empty_trash(self, now: datetime) -> int:
        """Remove for good what was deleted too long ago; the number of models."""
        old = now - timedelta(days=self.keep_deleted)
        with self.store.read() as session:
            if session.scalar(select(Model.id).where(Model.deleted < old).limit(1)) is None:
                return 0
        with self.store.write() as session:
            return statements.changed(session, delete(Model).where(Model.deleted < old))
