"""Shares of models: a model's owner lets people and groups load it, or edit it, and takes that back."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from mlabs_ext import wire
from mlabs_ext.errors import NotFound
from mlabs_ext.service import model_rows
from mlabs_ext.service.linking import Linking
from mlabs_ext.service.orm_model_shares import ModelShare
from mlabs_ext.service.orm_models import Model, ModelVersion
from mlabs_ext.service.rules import need_read
from mlabs_ext.service.viewers import Viewer

LISTED = 100


class ModelShares(Linking):
    """The rules about them. Whoever opens a link may load the model; nobody changes it by one."""

    what, table, key, rows = "model", ModelShare, "model_id", Model

    def find(self, session: Session, viewer: Viewer, owner: str, name: str, lock: bool = False) -> Model:
        """The model, if the viewer may see it."""
        return model_rows.find(session, viewer, owner, name, lock)

    def own(self, session: Session, viewer: Viewer, owner: str, name: str) -> Model:
        """The model, locked for a change by its owner."""
        return model_rows.own(session, viewer, owner, name)

    def absent(self, owner: str, name: str) -> NotFound:
        """There is no such model."""
        return model_rows.absent(owner, name)

    def shown(self, session: Session, viewer: Viewer, row: Model) -> wire.Model:
        """Its latest version."""
        version = model_rows.find_version(session, viewer, row, "latest")
        return model_rows.shown(session, viewer, self.addresses, row, version)

    def with_me(self, viewer: Viewer) -> list[wire.Model]:
        """Models of others that are shared with the viewer or a group of theirs, at most 100."""
        user = need_read(viewer)
        query = select(Model, ModelVersion).join(ModelVersion, ModelVersion.model_id == Model.id)
        query = query.where(Model.id.in_(self.held(viewer)), Model.owner != user)
        query = query.where(Model.deleted.is_(None), Model.taken_down.is_(None))
        query = query.where(ModelVersion.number == Model.version)
        with self.store.read() as session:
            rows = session.execute(query.order_by(Model.updated.desc()).limit(LISTED))
            pairs = [(row, version) for row, version in rows]
            return model_rows.heads(session, viewer, self.addresses, pairs)
