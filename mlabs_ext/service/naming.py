"""Which names labs may have, and which are free; the database has the last word when two ask at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from mlabs_ext.errors import Conflict, Unusable
from mlabs_ext.names import check_name, numbered
from mlabs_ext.service import orm

# Owners' collections, datasets and models are shown at these addresses, where a lab of the name would be.
RESERVED = frozenset({"collections", "datasets", "models"})


def check_lab_name(name: str) -> str:
    """`name` if a lab may have it; Unusable otherwise."""
    if name in RESERVED:
        raise Unusable(f"{name!r} is a page of its own here and cannot name a lab.", "name_reserved")
    return check_name(name)


def free_names(session: Session, owner: str, wanted: str) -> Iterator[str]:
    """`wanted` and its numbered kin, less those that are taken now."""
    alike = select(orm.Lab.name).where(
        orm.Lab.owner == owner, orm.Lab.deleted.is_(None), orm.Lab.name.startswith(wanted[:50])
    )
    taken = RESERVED.union(session.scalars(alike))
    return (name for n in count(1) if (name := numbered(wanted, n)) not in taken)


def place(session: Session, lab: orm.Lab, names: Iterable[str]) -> None:
    """Put a lab under the first of `names` that nobody takes meanwhile; Conflict where there is none."""
    owner, name = lab.owner, lab.name
    for name in names:
        try:
            with session.begin_nested():
                lab.name, lab.deleted = name, None
                session.add(lab)
                session.flush()
                return
        except IntegrityError:
            continue
    raise Conflict(f"There is a lab {owner}/{name} already; choose another name.", "lab_exists")
