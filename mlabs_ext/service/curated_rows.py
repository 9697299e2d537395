"""Collections as they are stored: who finds one, who changes it, and what of it each viewer sees."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from mlabs_ext.errors import NotFound
from mlabs_ext.names import NAME
from mlabs_ext.service import orm
from mlabs_ext.service.orm_curated import Collection, Item
from mlabs_ext.service.rules import need_write, sees
from mlabs_ext.service.viewers import Viewer


def listed(viewer: Viewer, row: Collection, lab: orm.Lab) -> bool:
    """Whether a collection names a lab to the viewer: an unlisted lab of others is in no public list."""
    if not sees(viewer, lab):
        return False
    unlisted = lab.visibility == "unlisted" and lab.owner != row.owner and not viewer.acts_for(lab.owner)
    return not unlisted or row.visibility != "public" or viewer.acts_for(row.owner)


def find(session: Session, viewer: Viewer, owner: str, name: str, lock: bool = False) -> Collection:
    """The collection, if the viewer may see it; NotFound `collection_not_found`."""
    absent = NotFound(f"There is no collection {owner}/{name}.", "collection_not_found")
    if "\0" in owner or not NAME.fullmatch(name):
        raise absent
    query = select(Collection).where(Collection.owner == owner, Collection.name == name)
    row = session.scalar(query.with_for_update() if lock else query)
    if row is None or (row.visibility == "private" and not viewer.acts_for(owner)):
        raise absent
    return row


def own(session: Session, viewer: Viewer, owner: str, name: str) -> Collection:
    """The collection, locked for a change by its curator or an administrator; absent to everybody else."""
    need_write(viewer)
    row = find(session, viewer, owner, name, lock=True)
    if not viewer.acts_for(owner):
        raise NotFound(f"There is no collection {owner}/{name}.", "collection_not_found")
    return row


def items_of(session: Session, row: Collection) -> list[Item]:
    """What is in it, in order."""
    query = select(Item).where(Item.collection_id == row.id)
    return list(session.scalars(query.order_by(Item.position, Item.added, Item.lab_id)))


def number(items: list[Item]) -> None:
    """Keep the order that the items are in."""
    for position, item in enumerate(items, 1):
        item.position = position
