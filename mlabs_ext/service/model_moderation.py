"""Taking models down and restoring them, as labs are."""

from __future__ import annotations

from sqlalchemy.orm import Session

from mlabs_ext import wire
from mlabs_ext.errors import NotFound
from mlabs_ext.service import model_rows, verdicts
from mlabs_ext.service.moderation import shown
from mlabs_ext.service.orm_models import Model
from mlabs_ext.service.rules import Rules, need_admin, need_write
from mlabs_ext.service.viewers import Viewer


class ModelModeration(Rules):
    """The rules about what administrators decide of models."""

    def take_down(self, viewer: Viewer, owner: str, name: str, reason: str) -> wire.Verdict:
        """Keep a model from everybody but its owner and administrators; once more changes the reason."""
        with self.store.write() as session:
            model = self._model(session, viewer, owner, name)
            row = verdicts.record(session, viewer, verdicts.TAKEN_DOWN, verdicts.model(model), reason)
            model.taken_down = model.taken_down or row.at
            return shown(self.addresses, viewer, row)

    def restore(self, viewer: Viewer, owner: str, name: str, reason: str = "") -> None:
        """Show a model again to whom its owner lets see it."""
        with self.store.write() as session:
            model = self._model(session, viewer, owner, name)
            if model.taken_down is not None:
                verdicts.record(session, viewer, verdicts.RESTORED, verdicts.model(model), reason)
                model.taken_down = None

    def of_model(self, viewer: Viewer, owner: str, name: str) -> wire.Verdict:
        """Why a model was taken down, for its owner and administrators; NotFound where it was not."""
        with self.store.read() as session:
            model = model_rows.find(session, viewer, owner, name)
            row = verdicts.last(session, "model", model.id) if model.taken_down is not None else None
            if row is None:
                raise NotFound("It was not taken down.", "not_taken_down")
            return shown(self.addresses, viewer, row)

    def _model(self, session: Session, viewer: Viewer, owner: str, name: str) -> Model:
        need_write(viewer)
        model = model_rows.find(session, viewer, owner, name, lock=True)
        need_admin(viewer)
        return model
