"""Whether a version gave its result once more: its runs in the image of an earlier one, one lab at a time."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Integer, Row, Select, String, bindparam, or_, select, text
from sqlalchemy.orm import Session, aliased

from mlabs_ext import wire
from mlabs_ext.service import orm
from mlabs_ext.service.addresses import Addresses
from mlabs_ext.service.orm_batch import Batch
from mlabs_ext.service.wanted import Wanted

# Runs of a lab among which one with an image is looked for, and repeated ones among which one counts.
LOOKED_AT, REPEATED = 1000, 100


def last(session: Session, addresses: Addresses, lab: orm.Lab) -> wire.Reproduced | None:
    """How the latest version's last such run ended.

    One that was stopped, lost or never begun says nothing of the notebook, and so does one that ran in
    another image, since its own is gone, or was given other parameters.
    """
    run = session.scalar(_last_repeated(), {"lab": lab.id, "version": lab.version})
    if run is None or run.version is None or run.ended is None or run.image is None:
        return None
    address = addresses.run(lab.owner, lab.name, run.id)
    return wire.Reproduced(run.status == "succeeded", run.version, run.ended, run.image, run.id, address)


@cache
def _last_repeated() -> Select[orm.Run]:
    """The newest of those that count, of the newest that were repeated: a statement that is made once."""
    run, first = orm.Run, aliased(orm.Run)
    of_lab = run.lab_id == bindparam("lab", type_=String), run.version == bindparam("version", type_=Integer)
    newest = select(run.key).where(*of_lab)
    newest = newest.where(run.rerun_of.is_not(None), run.ended.is_not(None))
    few = newest.order_by(run.ended.desc(), run.key.desc()).limit(REPEATED).subquery()
    again = select(run).join(few, few.c.key == run.key).join(Batch, Batch.run_key == run.key)
    again = again.outerjoin(first, first.id == run.rerun_of).where(
        run.status.in_(("succeeded", "failed")),
        run.image == Batch.pinned,
        or_(first.key.is_(None), first.parameters == run.parameters),
    )
    return again.order_by(run.ended.desc(), run.key.desc()).limit(1)


def source(session: Session, lab: orm.Lab, order: Wanted) -> Row[*tuple[Any, ...]] | None:
    """The id, image and parameters of the ordered version's last run in its runtime that has an image."""
    run = orm.Run
    newest = (
        select(run.id, run.version, run.environment, run.accelerator, run.image, run.parameters, run.started)
        .where(run.lab_id == lab.id, text("version IS NOT NULL"))
        .order_by(run.started.desc(), run.id.desc())
        .limit(LOOKED_AT)
        .subquery()
    )
    same = (
        newest.c.version == order.version,
        newest.c.environment == order.environment,
        newest.c.accelerator == order.accelerator,
        newest.c.image.is_not(None),
    )
    columns = newest.c.id, newest.c.image, newest.c.parameters
    return session.execute(select(*columns).where(*same).order_by(newest.c.started.desc()).limit(1)).first()
