"""Writes down what is done, in the transaction that does it: nothing is done without, and nothing else is.

What counts is seen in the rows that a transaction changes, so that no rule can forget to tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple, cast

from sqlalchemy import event, insert, inspect
from sqlalchemy.orm import Session
from ulid import ULID

from mlabs_ext import request_ids
from mlabs_ext.service import askers, orm
from mlabs_ext.service.changes import Writing
from mlabs_ext.service.orm_audit import Act
from mlabs_ext.service.orm_curated import Collection
from mlabs_ext.service.orm_datasets import Dataset, DatasetShare, DatasetVersion
from mlabs_ext.service.orm_model_shares import ModelShare
from mlabs_ext.service.orm_models import Model, ModelVersion
from mlabs_ext.service.orm_moderation import Verdict
from mlabs_ext.service.orm_pool import PoolPause, PoolWorker
from mlabs_ext.service.orm_shares import Share

Thing = orm.Lab | Dataset | Model | Collection
THINGS: dict[type[Thing], str] = {
    orm.Lab: "lab",
    Dataset: "dataset",
    Model: "model",
    Collection: "collection",
}
Things = dict[type[orm.Base], type[Thing]]
VERSIONS: Things = {orm.Version: orm.Lab, DatasetVersion: Dataset, ModelVersion: Model}
SHARES: Things = {Share: orm.Lab, DatasetShare: Dataset, ModelShare: Model}
NEW, CHANGED, GONE = "new", "changed", "gone"
LONGEST = 500


class Done(NamedTuple):
    """Something that was done, before it is known by whom."""

    action: str
    kind: str
    about: str
    about_id: str = ""
    detail: str = ""
    by_itself: bool = False


class Recorded(Writing):
    """A session that changes things, and writes down what it does."""


@event.listens_for(Recorded, "after_flush")
def _record(session: Session, context: Any) -> None:
    rows = [
        (row, state)
        for state, them in ((NEW, session.new), (CHANGED, session.dirty), (GONE, session.deleted))
        for row in them
        if type(row) in TELL
    ]
    acts = [act for row, state in rows for act in TELL[type(row)](session, row, state)]
    if acts:
        session.connection().execute(insert(Act), [_row(act) for act in acts])


def _row(act: Done) -> dict[str, Any]:
    asker = askers.current.get()
    return {
        "id": str(ULID()),
        "at": datetime.now(UTC),
        "actor": "" if act.by_itself else asker.name or "",
        "action": act.action,
        "kind": act.kind,
        "about": act.about[:320],
        "about_id": act.about_id,
        "detail": act.detail.replace("\0", "")[:LONGEST],
        "request": request_ids.current.get(),
        "address": asker.address,
    }


def _thing(session: Session, row: Any, state: str) -> Iterator[Done]:
    """A lab, dataset, model or collection: forked, seen by others, renamed, deleted, restored."""
    what = THINGS[type(row)], _name(row), str(row.id)
    if state == GONE:
        yield Done("removed", *what)
        return
    parent = getattr(row, "parent_id", None)
    if state == NEW:
        if parent:
            original = session.get(orm.Lab, parent)
            yield Done("forked", *what, f"from {_name(original)}" if original else "")
        elif not isinstance(row, orm.Lab):
            yield Done("created", *what, row.visibility)
        return
    yield from (Done(action, *what, detail) for action, detail in _changed(row))


def _changed(row: Any) -> Iterator[tuple[str, str]]:
    before, after = _history(row, "visibility")
    if before is not None:
        yield f"made_{after}", f"was {before}"
    before, after = _history(row, "name")
    if before is not None:
        yield "renamed", f"was {before}"
    if hasattr(row, "deleted"):
        history = inspect(row).attrs.deleted.history
        if history.added and history.added != history.deleted:
            yield ("deleted" if history.added[0] else "restored"), ""


def _owning(session: Session, owner: type[Thing], row: Any) -> Thing | None:
    """What a version or a share is of."""
    found = session.get(owner, getattr(row, f"{THINGS[owner]}_id"))
    # SQLAlchemy only says that it is a row.
    return cast(Thing | None, found)


def _version(session: Session, row: Any, state: str) -> Iterator[Done]:
    """Something was published; a fork's first version is its parent's."""
    owner = VERSIONS[type(row)]
    thing = _owning(session, owner, row) if state == NEW else None
    if thing is not None and not (row.number == 1 and getattr(thing, "parent_id", None)):
        yield Done("published", THINGS[owner], _name(thing), thing.id, f"version {row.number}")


def _share(session: Session, row: Any, state: str) -> Iterator[Done]:
    """It was shared, or is not any more; what tells a link apart is not its secret."""
    owner = SHARES[type(row)]
    thing = _owning(session, owner, row)
    if thing is None:
        return
    what = THINGS[owner], _name(thing), thing.id
    with_whom = f"link {row.label or row.name}" if row.kind == "link" else f"{row.kind} {row.name}"
    if state == GONE:
        yield Done("link_revoked" if row.kind == "link" else "unshared", *what, with_whom)
    elif state == NEW and row.via:
        yield Done("link_accepted", *what, f"{row.access}, by the link {row.via}")
    elif state == NEW or any(_history(row, "access")):
        yield Done("link_made" if row.kind == "link" else "shared", *what, f"{row.access}, {with_whom}")


def _verdict(session: Session, row: Verdict, state: str) -> Iterator[Done]:
    """An administrator decided."""
    if state == NEW:
        yield Done(row.action, row.kind, row.title, row.about[:26], row.reason)


def _person(session: Session, row: orm.Person, state: str) -> Iterator[Done]:
    """An administrator gave somebody a plan."""
    history = inspect(row).attrs.plan.history
    if history.has_changes() and (row.plan or any(history.deleted)):
        yield Done("plan_given", "person", row.name, "", row.plan or "by groups again")


def _pause(session: Session, row: PoolPause, state: str) -> Iterator[Done]:
    """The switch of the community pool."""
    yield Done("pool_on" if state == GONE else "pool_off", "pool", "community pool")


def _worker(session: Session, row: PoolWorker, state: str) -> Iterator[Done]:
    """A worker got a token, or was sent away."""
    if state == NEW:
        yield Done("worker_joined", "worker", row.name or row.kind, row.id)
    elif row.quarantined and any(_history(row, "quarantined", of_nothing=True)):
        yield Done("quarantined", "worker", row.name or row.kind, row.id, row.why or "", by_itself=True)


def _history(row: Any, name: str, of_nothing: bool = False) -> tuple[Any, Any]:
    """What an attribute was and is, where it was something and is something else; else twice None."""
    history = inspect(row).attrs[name].history if hasattr(row, name) else None
    if not history or not history.added or not (history.deleted or of_nothing):
        return None, None
    before = history.deleted[0] if history.deleted else None
    return (before, history.added[0]) if before != history.added[0] else (None, None)


def _name(row: Any) -> str:
    return f"{row.owner}/{row.name}"


TELL: dict[type, Callable[[Session, Any, str], Iterator[Done]]] = {
    **dict.fromkeys(THINGS, _thing),
    **dict.fromkeys(VERSIONS, _version),
    **dict.fromkeys(SHARES, _share),
    Verdict: _verdict,
    orm.Person: _person,
    PoolPause: _pause,
    PoolWorker: _worker,
}
