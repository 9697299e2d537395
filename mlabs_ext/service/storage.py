"""How much room a person's published notebooks, files and models take up, and whether there is more of it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, String, bindparam, func, select, text, union, union_all
from sqlalchemy.orm import Session

from mlabs_ext.errors import Full
from mlabs_ext.service import orm, turns
from mlabs_ext.service.orm_assets import Asset
from mlabs_ext.service.orm_datasets import Dataset, DatasetFile
from mlabs_ext.service.orm_models import Model, ModelFile
from mlabs_ext.service.orm_pool import KEPT, PoolData, PoolLease
from mlabs_ext.service.orm_uploads import Upload
from mlabs_ext.service.plan_file import Plan
from mlabs_ext.service.prepared import Prepared
from mlabs_ext.service.sizes import spoken

NAMED = 3
OWNER = bindparam("owner", type_=String)


def used(session: Session, owner: str) -> int:
    """Bytes of all that is a person's, the trash and what is on its way included; every blob counts once."""
    return int(session.execute(select(taken()), {"owner": owner}).scalar_one())


@cache
def taken() -> ColumnElement[int]:
    """The same of `owner`, as a part of a statement."""
    assets = select(Asset.blob, Asset.size).join(orm.Lab, orm.Lab.id == Asset.lab_id)
    data = select(DatasetFile.blob, DatasetFile.size).join(Dataset, Dataset.id == DatasetFile.dataset_id)
    models = select(ModelFile.blob, ModelFile.size).join(Model, Model.id == ModelFile.model_id)
    pool = select(PoolData.blob, PoolData.size).where(PoolData.owner == OWNER)
    kept = PoolLease.owner == OWNER, text(KEPT)
    blobs = union(
        _blobs(OWNER),
        assets.where(orm.Lab.owner == OWNER),
        data.where(Dataset.owner == OWNER),
        pool,
        select(PoolLease.blob, PoolLease.size).where(*kept),
        models.where(Model.owner == OWNER),
    ).subquery()
    coming = select(func.coalesce(func.sum(Upload.size), 0)).where(Upload.owner == OWNER)
    stored = select(func.coalesce(func.sum(blobs.c.size), 0))
    return stored.scalar_subquery() + coming.scalar_subquery()


def turn(session: Session, owner: str) -> None:
    """Have who stores something of the same person's wait, so that two do not fill the same room.

    It comes before any row is locked: of two who have both in another order, each would wait for the other.
    """
    turns.take(session, f"storage {owner}")


def full(session: Session, plan: Plan, owner: str, more: int = 1) -> Iterator[Full]:
    """Why so many bytes more of a person's are not kept; nothing where there is room for them."""
    if plan.limits.storage is None:
        return
    taken = used(session, owner)
    if taken + more > plan.limits.storage:
        yield _error(session, plan, owner, taken)


def check(session: Session, plan: Plan, owner: str, notebook: Prepared | orm.Version | None) -> None:
    """Raise Full where there is no room for a notebook: one that is published, or somebody's version."""
    if notebook is None or plan.limits.storage is None:
        return
    digest = notebook.digest if isinstance(notebook, Prepared) else notebook.notebook
    there = _blobs(owner).where(orm.Version.notebook == digest).limit(1)
    # The very same one takes no room.
    check_size(session, plan, owner, 0 if session.execute(there).first() else notebook.size)


def check_size(session: Session, plan: Plan, owner: str, size: int) -> None:
    """Raise Full where there is no room for so many bytes more."""
    for error in full(session, plan, owner, size):
        raise error


def _blobs(owner: str | ColumnElement[str]) -> Select[*tuple[Any, ...]]:
    query = select(orm.Version.notebook, orm.Version.size).join(orm.Lab, orm.Lab.id == orm.Version.lab_id)
    return query.where(orm.Lab.owner == owner)


def _pooled(session: Session, owner: str) -> str:
    """What searches of the community pool take up, in words: nobody can delete those."""
    data = select(PoolData.blob, PoolData.size).where(PoolData.owner == owner)
    kept = select(PoolLease.blob, PoolLease.size).where(PoolLease.owner == owner, text(KEPT))
    blobs = union(data, kept).subquery()
    taken = int(session.scalar(select(func.coalesce(func.sum(blobs.c.size), 0))) or 0)
    return f" Searches of the community pool take {spoken(taken)}, which goes by itself." if taken else ""


def _error(session: Session, plan: Plan, owner: str, taken: int) -> Full:
    parts = union_all(
        select(orm.Version.lab_id, orm.Version.size), select(Asset.lab_id, Asset.size)
    ).subquery()
    size = func.sum(parts.c.size)
    largest = (
        select(orm.Lab.name, size.label("size"))
        .join(parts, parts.c.lab_id == orm.Lab.id)
        .where(orm.Lab.owner == owner, orm.Lab.deleted.is_(None))
        .group_by(orm.Lab.name)
        .order_by(size.desc())
        .limit(NAMED)
    )
    sizes = {f"{owner}/{name}": int(size) for name, size in session.execute(largest)}
    named = ", ".join(f"{lab} ({spoken(size)})" for lab, size in sizes.items())
    limit = plan.limits.storage or 0
    labs = [{"lab": lab, "bytes": size} for lab, size in sizes.items()]
    return Full(
        f"{spoken(taken)} of the {spoken(limit)} of the plan {plan.name!r} are used; there is no room for "
        "more. Delete labs, datasets or models and empty the trash"
        f"{f'; the largest are {named}' if named else ''}.{_pooled(session, owner)}",
        "storage_full",
        {"used": taken, "limit": limit, "largest": labs},
    )
