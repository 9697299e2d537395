"""Models that runs write: what is offered on a run's page, and what becomes a version by itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mlabs_ext import wire
from mlabs_ext.errors import MLabsError, NotFound, Unusable
from mlabs_ext.names import check_name
from mlabs_ext.service import model_rows, orm, tfjs_files, visibility
from mlabs_ext.service.idempotency import Key, once
from mlabs_ext.service.model_rows import edited
from mlabs_ext.service.model_upload import Stored, is_model
from mlabs_ext.service.models import Models, said_of
from mlabs_ext.service.orm_assets import Asset
from mlabs_ext.service.orm_models import Model, ModelDue
from mlabs_ext.service.rules import Rules, need_write
from mlabs_ext.service.run_rows import find_run
from mlabs_ext.service.tfjs_files import MODEL
from mlabs_ext.service.viewers import Viewer

AT_ONCE = 50


class ModelOutputs(Rules):
    """The rules about models in the outputs of runs.

    Somebody says once which file of a lab's runs is a model, what it is called and who sees it; from then on
    each run that succeeds and has written that file adds a version. Doing so unasked would make a model of
    every checkpoint, and use up its author's room.
    """

    def __init__(self, models: Models, **kwargs: Any):
        super().__init__(**kwargs)
        self.models = models

    def offered(
        self, viewer: Viewer, run: wire.Run, outputs: Sequence[wire.Asset], made: Sequence[wire.Model]
    ) -> list[str]:
        """The paths of models among a run's outputs, where the viewer may make something of them.

        Those are left out that became one of the models that were `made` of the run by themselves.
        """
        if not viewer.can_write or viewer.name != run.user:
            return []
        there = {model.follows for model in made}
        return [asset.path for asset in outputs if is_model(asset.path) and asset.path not in there]

    def take(self, viewer: Viewer, fields: wire.ModelTake, key: Key | None = None) -> wire.Model:
        """Make a model of what a run of one's own has written, or the next version of a model."""
        user = need_write(viewer)
        with self.store.read() as session:
            run = self._own_run(session, viewer, fields.run)
            files = self._files(session, run, fields.path)
        said = said_of(fields)
        kept = self.models.checked(files)

        def make() -> wire.Model:
            row = self._row(session, viewer, user, fields, run)
            for name, value in said.items():
                setattr(row, name, value)
            row.lab_id = run.lab_id
            row.path = fields.path if fields.follow else None
            version = self.models.add(session, viewer, row, user, message_of(run), kept, run.id)
            return model_rows.shown(session, viewer, self.addresses, row, version)

        with self.store.write() as session:
            return once(session, user, key, wire.Model, make)

    def _row(
        self, session: Session, viewer: Viewer, user: str, fields: wire.ModelTake, run: orm.Run
    ) -> Model:
        if fields.name is not None:
            check_name(fields.name, "model")
            mine = Model.owner == user, Model.name == fields.name, Model.deleted.is_(None)
            if session.scalar(select(Model.id).where(*mine)) is not None:
                return edited(session, viewer, user, fields.name)
        lab = session.get_one(orm.Lab, run.lab_id)
        seen = visibility.narrower(lab.visibility, self.models.default_visibility)
        title = fields.title or fields.name or lab.title
        return self.models.new_row(session, user, fields.name, title[:200], fields.visibility or seen)

    def _own_run(self, session: Session, viewer: Viewer, run_id: str) -> orm.Run:
        run = find_run(session, viewer, run_id)
        if run.user != viewer.name:
            raise Unusable("Only who ran it makes a model of what a run wrote.", "run_not_yours")
        return run

    def _files(self, session: Session, run: orm.Run, path: str) -> list[Stored]:
        """The files of the model of that path, the weights that a `model.json` names with it."""
        folder, name = path.rpartition("/")[::2]
        assets = {
            asset.path: Stored(asset.path, asset.blob, asset.size)
            for asset in session.scalars(select(Asset).where(Asset.run_key == run.key))
        }
        if path not in assets or not is_model(path):
            raise NotFound(f"The run wrote no model {path!r:.100}.", "output_not_found")
        if name != MODEL:
            return [assets[path]._replace(path=PurePosixPath(path).name)]
        parsed = tfjs_files.parse(self.blobs.get(assets[path].digest))
        start = f"{folder}/" if folder else ""
        names = [MODEL, *(tfjs_files.shard(shard) for group in parsed.manifest for shard in group.paths)]
        return [assets[start + one]._replace(path=one) for one in names if start + one in assets]

    def settle(self) -> None:
        """Look at what runs wrote that models follow, once those runs have ended."""
        query = select(ModelDue.model_id, ModelDue.asset_key).join(Asset, Asset.key == ModelDue.asset_key)
        query = query.join(orm.Run, orm.Run.key == Asset.run_key).where(orm.Run.ended.is_not(None))
        with self.store.read() as session:
            due = session.execute(query.order_by(ModelDue.asset_key).limit(AT_ONCE)).all()
        for model, key in due:
            self._settle(model, key)

    def _settle(self, model: str, key: int) -> None:
        with self.store.write() as session:
            due = session.get(ModelDue, (model, key), with_for_update=True)
            asset = session.get(Asset, key)
            if due is None or asset is None:
                return
            session.delete(due)
            row = session.get_one(Model, model, with_for_update=True)
            run = session.get_one(orm.Run, asset.run_key)
            wanted = row.path == asset.path and row.lab_id == asset.lab_id and row.deleted is None
            if wanted and run.status == "succeeded" and run.user == row.owner:
                self._version(session, row, run)

    def _version(self, session: Session, row: Model, run: orm.Run) -> None:
        """Add what a run wrote. What cannot be one is told in the log: the file itself stays with the run."""
        try:
            kept = self.models.checked(self._files(session, run, row.path or ""))
            self.models.add(session, None, row, run.user, message_of(run), kept, run.id)
        except MLabsError as error:
            self.log.info("%s of run %s is no version of %s: %s", row.path, run.id, row.name, error.message)


def message_of(run: orm.Run) -> str:
    """What is said of a version that comes from a run."""
    return f"From run {run.id}"
