"""Lists of models and of their versions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Select, or_, select, text
from sqlalchemy.orm import Session

from mlabs_ext import wire
from mlabs_ext.service import model_rows, orm
from mlabs_ext.service.cursors import Sort
from mlabs_ext.service.orm_models import Model, ModelVersion
from mlabs_ext.service.rules import Rules, edits, find_lab, sees
from mlabs_ext.service.viewers import Viewer

NEWEST = Sort("models", Model.updated, Model.id, datetime)
NUMBERS = Sort("model versions", ModelVersion.number, ModelVersion.number, int)
OF_LAB = 20
# The whole of a list of more is never searched: the newest are.
SEARCHED, WORDS = 2000, 8
Page = tuple[list[wire.Model], str | None]


class ModelLists(Rules):
    """The rules about finding models."""

    def find(
        self,
        viewer: Viewer,
        owner: str | None = None,
        limit: int = 30,
        cursor: str | None = None,
        q: str | None = None,
    ) -> Page:
        """Public models, last changed first; of `owner` all where the viewer acts for them.

        The words of `q` are looked for in owners, names, titles and descriptions of the newest ones.
        """
        own = owner is not None and viewer.acts_for(owner)
        query = select(Model).where(Model.deleted.is_(None) if own else text(orm.LISTED))
        if owner is not None:
            query = query.where(Model.owner == owner.replace("\0", ""))
        query = _with_words(query, (q or "").replace("\0", "").split()[:WORDS])
        with self.store.read() as session:
            rows, following = NEWEST.page(session, query, limit, cursor)
            return model_rows.heads(session, viewer, self.addresses, _latest(session, rows)), following

    def of_lab(self, viewer: Viewer, owner: str, name: str) -> list[wire.Model]:
        """The newest models that come from a lab, as far as the viewer may see them."""
        with self.store.read() as session:
            lab = find_lab(session, viewer, owner, name)
            query = select(Model).where(Model.lab_id == lab.id, Model.deleted.is_(None))
            query = query.order_by(Model.updated.desc(), Model.id.desc()).limit(OF_LAB)
            rows = [row for row in session.scalars(query) if _listed(viewer, row)]
            return model_rows.heads(session, viewer, self.addresses, _latest(session, rows))

    def of_run(self, viewer: Viewer, run: str) -> list[wire.Model]:
        """The versions of models that came from a run, as far as the viewer may see them."""
        query = select(Model, ModelVersion).join(ModelVersion, ModelVersion.model_id == Model.id)
        query = query.where(ModelVersion.run_id == run.replace("\0", ""), Model.deleted.is_(None))
        with self.store.read() as session:
            pairs = [
                (row, version)
                for row, version in session.execute(query.limit(OF_LAB))
                if _listed(viewer, row) and (version.status == "ready" or edits(viewer, row))
            ]
            return model_rows.heads(session, viewer, self.addresses, pairs)

    def versions(
        self, viewer: Viewer, owner: str, name: str, limit: int = 30, cursor: str | None = None
    ) -> Page:
        """A model's versions, newest first; those that are not ready for who may edit it."""
        with self.store.read() as session:
            row = model_rows.find(session, viewer, owner, name)
            query = select(ModelVersion).where(ModelVersion.model_id == row.id)
            if not edits(viewer, row):
                query = query.where(ModelVersion.status == "ready")
            rows, following = NUMBERS.page(session, query, limit, cursor)
            pairs = [(row, version) for version in rows]
            return model_rows.heads(session, viewer, self.addresses, pairs), following


def _with_words(query: Select[Model], words: list[str]) -> Select[Model]:
    if not words:
        return query
    newest = query.order_by(Model.updated.desc(), Model.id.desc()).limit(SEARCHED).subquery()
    found = select(Model).where(Model.id.in_(select(newest.c.id)))
    for word in words:
        fields = Model.owner, Model.name, Model.title, Model.description
        found = found.where(or_(*(field.icontains(word, autoescape=True) for field in fields)))
    return found


def _listed(viewer: Viewer, row: Model) -> bool:
    """Whether a page about something else may name this model: not where one needs its address."""
    return sees(viewer, row) and (row.visibility != "unlisted" or viewer.acts_for(row.owner))


def _latest(session: Session, rows: list[Model]) -> list[tuple[Model, ModelVersion]]:
    """Each model with its latest version; of what was never ready the newest."""
    if not rows:
        return []
    query: Select[ModelVersion] = select(ModelVersion).join(Model, Model.id == ModelVersion.model_id)
    query = query.where(ModelVersion.model_id.in_([row.id for row in rows]))
    never = (Model.version == 0) & (ModelVersion.number == Model.newest)
    query = query.where((ModelVersion.number == Model.version) | never)
    found = {version.model_id: version for version in session.scalars(query)}
    return [(row, found[row.id]) for row in rows if row.id in found]
