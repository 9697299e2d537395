"""Shares of models: a model's owner lets people and groups load it, or edit it, and takes that back."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from ulid import ULID

from mlabs_ext import wire
from mlabs_ext.errors import NotFound, TooMany, Unusable
from mlabs_ext.service import model_rows
from mlabs_ext.service.fields import plain
from mlabs_ext.service.model_rows import find, own
from mlabs_ext.service.orm_model_shares import ModelShare
from mlabs_ext.service.orm_models import Model, ModelVersion
from mlabs_ext.service.rules import Rules, need_read
from mlabs_ext.service.viewers import Viewer, share_key

NAME, MOST, SHOWN = 255, 100, 100


class ModelShares(Rules):
    """The rules about them; they say of models what `Shares` says of labs, but for links."""

    def list(self, viewer: Viewer, owner: str, name: str) -> list[wire.Share]:
        """With whom a model is shared, the oldest first; for who acts for its owner."""
        with self.store.read() as session:
            row = find(session, viewer, owner, name)
            if not viewer.acts_for(owner):
                raise model_rows.absent(owner, name)
            query = select(ModelShare).where(ModelShare.model_id == row.id).order_by(ModelShare.id)
            return [_shape(share) for share in session.scalars(query)]

    def set(self, viewer: Viewer, owner: str, name: str, who: str, fields: wire.ShareChange) -> wire.Share:
        """Let a person or a group load the model, or edit it, in the place of what they might before."""
        with self.store.write() as session:
            row = own(session, viewer, owner, name)
            if fields.kind == "user" and who == owner:
                raise Unusable(f"{owner}/{name} is {who}'s own.", "share_invalid")
            share = self._with(session, row, fields.kind, who) or self._new(session, row, fields.kind, who)
            share.access = fields.access
            _spread(session, row)
            return _shape(share)

    def remove(self, viewer: Viewer, owner: str, name: str, kind: str, who: str) -> None:
        """End the share with a person or a group."""
        with self.store.write() as session:
            row = own(session, viewer, owner, name)
            share = self._with(session, row, kind, who)
            if share is None:
                told = f"{owner}/{name} is not shared with the {kind} {who!r:.100}."
                raise NotFound(told, "share_not_found")
            session.delete(share)
            _spread(session, row)

    def with_me(self, viewer: Viewer) -> list[wire.Model]:
        """Models of others that are shared with the viewer or a group of theirs, at most 100."""
        user = need_read(viewer)
        mine = (ModelShare.kind == "user") & (ModelShare.name == user)
        groups = (ModelShare.kind == "group") & ModelShare.name.in_(viewer.groups or ())
        found = select(ModelShare.model_id).where(mine | groups)
        query = select(Model, ModelVersion).join(ModelVersion, ModelVersion.model_id == Model.id)
        query = query.where(Model.id.in_(found), Model.deleted.is_(None), Model.taken_down.is_(None))
        query = query.where(ModelVersion.number == Model.version, Model.owner != user)
        with self.store.read() as session:
            rows = session.execute(query.order_by(Model.updated.desc()).limit(SHOWN))
            pairs = [(row, version) for row, version in rows]
            return model_rows.heads(session, viewer, self.addresses, pairs)

    def _with(self, session: Session, row: Model, kind: str, who: str) -> ModelShare | None:
        named = ModelShare.kind == kind, ModelShare.name == who.replace("\0", "")
        return session.scalar(select(ModelShare).where(ModelShare.model_id == row.id, *named))

    def _new(self, session: Session, row: Model, kind: str, who: str) -> ModelShare:
        if not 0 < len(plain(who, "name")) <= NAME:
            raise Unusable(f"The name of a {kind} has 1 to {NAME} characters.", "share_invalid")
        there = select(func.count()).select_from(ModelShare).where(ModelShare.model_id == row.id)
        if (session.scalar(there) or 0) >= MOST:
            reason = f"A model is shared with {MOST} at most: share it with a group, or end a share."
            raise TooMany(reason, "too_many_shares")
        share = ModelShare(id=str(ULID()), model_id=row.id, kind=kind, name=who, created=self.now())
        session.add(share)
        return share


def _spread(session: Session, row: Model) -> None:
    """Write onto the model's row what its shares come to: rules decide by the row alone."""
    session.flush()
    shares = session.scalars(select(ModelShare).where(ModelShare.model_id == row.id))
    row.shared = {share_key(one.kind, one.name): [one.access, None] for one in shares} or None


def _shape(share: ModelShare) -> wire.Share:
    return wire.Share(share.kind, share.name, share.access, share.created)  # type: ignore[arg-type]
