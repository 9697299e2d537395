"""The weights of a model in less room: variants of a version, made when somebody asks for one."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, ParamSpec, TypeVar

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from mlabs_ext import wire
from mlabs_ext.errors import Unusable
from mlabs_ext.service import model_files, model_rows, storage
from mlabs_ext.service.conversion.task import Compared
from mlabs_ext.service.convert import Converter
from mlabs_ext.service.model_adding import touch
from mlabs_ext.service.model_files import Kept
from mlabs_ext.service.model_rows import Number, edited, find_version
from mlabs_ext.service.model_upload import Stored
from mlabs_ext.service.orm_models import Model, ModelFile, ModelVersion
from mlabs_ext.service.rules import Rules
from mlabs_ext.service.viewers import Viewer

P = ParamSpec("P")
T = TypeVar("T")
# Bytes of a number that has four.
BYTES = {"float16": 2, "uint8": 1}


class Order(NamedTuple):
    """A variant that is wanted of a version, and the files that it is made from; none where it is there."""

    model: str
    number: int
    variant: str
    files: dict[str, Stored]


class ModelVariants(Rules):
    """The rules about variants. One is made from what is served, and never changes; it counts as storage from
    then on. Versions that follow get it by themselves, so that `latest/float16` leads somewhere for ever.
    """

    def __init__(self, converter: Converter, pool: Executor, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.converter, self.pool = converter, pool

    async def make(
        self, viewer: Viewer, owner: str, name: str, number: Number, variant: wire.Storage
    ) -> wire.Model:
        """Make a variant of a version, for who may edit the model; the version as it is then."""
        order = await self._run(self.order, viewer, owner, name, number, variant)
        if order.files:
            with tempfile.TemporaryDirectory(prefix="mlabs-model-") as folder:
                files, target = await self._run(model_files.laid_out, self.blobs, order.files, Path(folder))
                made = await self.converter.variant(files, target, variant)
                number = order.number
                kept = await self._run(model_files.kept, self.blobs, number, made, target, variant)
                await self._run(self.keep, order, kept, made.compared)
        return await self._run(self._shown, viewer, owner, name, order.number)

    async def _run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        call = partial(work, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self.pool, call)

    def order(self, viewer: Viewer, owner: str, name: str, number: Number, variant: str) -> Order:
        """What is to be done; Full where there is no room for it."""
        with self.store.read() as session:
            row = edited(session, viewer, owner, name)
            version = find_version(session, viewer, row, number)
            if version.status != "ready":
                message = f"Version {version.number} is not ready: only what is ready has variants."
                raise Unusable(message, "model_not_ready")
            if _is_there(session, row.id, version.number, variant):
                return Order(row.id, version.number, variant, {})
            files = model_files.of_kind(session, row.id, version.number, "served")
            size = sum(file.size for file in files.values()) * BYTES[variant] // 4
            storage.check_size(session, self.plans.of(session, owner, viewer), owner, size)
            return Order(row.id, version.number, variant, files)

    def keep(self, order: Order, files: Kept, compared: Compared | None) -> None:
        """Serve what was made, unless it was made meanwhile, or its model is gone."""
        with self.store.write() as session:
            row = session.get(Model, order.model, with_for_update=True)
            if row is None or _is_there(session, order.model, order.number, order.variant):
                return
            plan = self.plans.of(session, row.owner)
            storage.check_size(session, plan, row.owner, sum(file.size for _, file in files))
            model_files.add(session, order.model, order.number, files)
            note(session.get_one(ModelVersion, (order.model, order.number)), {order.variant: compared})
            touch(row, self.now())

    def _shown(self, viewer: Viewer, owner: str, name: str, number: int) -> wire.Model:
        with self.store.read() as session:
            row = model_rows.find(session, viewer, owner, name)
            version = find_version(session, viewer, row, number)
            return model_rows.shown(session, viewer, self.addresses, row, version)


def note(version: ModelVersion, compared: Mapping[str, Compared | None]) -> None:
    """Keep how far variants are from their model."""
    told = {variant: msgspec.to_builtins(found) for variant, found in compared.items() if found}
    version.compared = (version.compared or {}) | told


def of_latest(session: Session, model: str) -> list[str]:
    """The variants that the latest version of a model has, and so the next one is to have."""
    query = select(ModelFile.kind).join(Model, Model.id == ModelFile.model_id)
    query = query.where(ModelFile.model_id == model, ModelFile.number == Model.version)
    return list(session.scalars(query.where(ModelFile.kind.in_(BYTES)).distinct().order_by(ModelFile.kind)))


def _is_there(session: Session, model: str, number: int, variant: str) -> bool:
    version = session.get(ModelVersion, (model, number))
    mine = ModelFile.model_id == model, ModelFile.number == number, ModelFile.kind == variant
    return version is None or session.scalar(select(ModelFile.key).where(*mine).limit(1)) is not None
