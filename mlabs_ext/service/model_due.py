"""Notes, in the transaction that takes a file of a run, which models are to look at it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from mlabs_ext.service import orm
from mlabs_ext.service.model_upload import is_model
from mlabs_ext.service.orm_assets import Asset
from mlabs_ext.service.orm_models import Model, ModelDue


def note(session: Session, lab: orm.Lab, asset: Asset) -> None:
    """Have the models look at it that follow this file of the lab's runs."""
    if is_model(asset.path):
        following = Model.lab_id == lab.id, Model.path == asset.path, Model.deleted.is_(None)
        for model in session.scalars(select(Model.id).where(*following)).all():
            session.add(ModelDue(model_id=model, asset_key=asset.key))
