"""What all rules stand on: their collaborators, and the one place that decides who sees and changes what."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import UNSET
from sqlalchemy import Select, String, bindparam, select
from sqlalchemy.orm import Session
from traitlets import Any as AnyTrait
from traitlets.config import LoggingConfigurable

from mlabs_ext import wire
from mlabs_ext.catalogue import Catalogue
from mlabs_ext.errors import Forbidden, NotFound, Stale
from mlabs_ext.names import NAME
from mlabs_ext.service import orm
from mlabs_ext.service.addresses import Addresses
from mlabs_ext.service.blobs import Blobs
from mlabs_ext.service.orm_types import micros
from mlabs_ext.service.store import Store
from mlabs_ext.service.viewers import Viewer

if TYPE_CHECKING:
    from mlabs_ext.service.plans import Plans


def collaborator(what: str) -> Any:
    """A trait for what rules are given when they are made; the annotation beside it says what that is."""
    return AnyTrait(help=what)


class Guarded(Protocol):
    """What decides who sees and changes a thing: labs, datasets and models have these columns alike."""

    owner: str
    visibility: wire.Visibility
    version: int
    shared: dict[str, list[Any]] | None
    taken_down: datetime | None
    deleted: datetime | None


class Rules(LoggingConfigurable):
    """A noun's rules: plain methods that raise the errors of `mlabs_ext.errors`."""

    store: Store = collaborator("The database.")
    blobs: Blobs = collaborator("The files.")
    catalogue: Catalogue = collaborator("The environments.")
    addresses: Addresses = collaborator("Where things are served.")
    plans: Plans = collaborator("What people may use.")

    def now(self) -> datetime:
        """The time, to the microsecond that the database keeps."""
        return datetime.now(UTC)


def need_write(viewer: Viewer) -> str:
    """The name of who writes; Forbidden where nobody, or nobody who may, does."""
    if viewer.name is None:
        raise Forbidden("Sign in, or send a token, to do this.", "credentials_required")
    if not viewer.can_write:
        raise Forbidden("This token lacks the scope custom:mlabs:write.", "scope_missing")
    return viewer.name


def need_lend(viewer: Viewer) -> str:
    """The name of who lends a machine; Forbidden where this token is not for that."""
    if viewer.name is None:
        raise Forbidden(
            "On this server those lend who are signed in: sign in, or send a token.", "credentials_required"
        )
    if not (viewer.can_lend or viewer.can_write):
        raise Forbidden("This token lacks the scope custom:mlabs:lend.", "scope_missing")
    return viewer.name


def need_read(viewer: Viewer) -> str:
    """The name of who asks for what is their own."""
    if viewer.name is None:
        raise Forbidden("Sign in, or send a token, to see this.", "credentials_required")
    if not viewer.can_read:
        raise Forbidden("This token lacks the scope custom:mlabs:read.", "scope_missing")
    return viewer.name


def need_admin(viewer: Viewer) -> str:
    """The name of the administrator who asks; who wants to change something needs `need_write` as well."""
    name = need_read(viewer)
    if not viewer.admin:
        raise Forbidden("This is for administrators.", "admin_required")
    return name


def need_hub(viewer: Viewer) -> None:
    """Go on only for the hub itself."""
    if not viewer.hub:
        raise Forbidden("This needs a token with the scope custom:mlabs:hub.", "scope_missing")


def sees(viewer: Viewer, thing: Guarded) -> bool:
    """Whether the viewer may know of it. A draft, and what is taken down, is its owner's alone; a
    private one is also for those with whom it is shared.
    """
    if thing.deleted is not None:
        return False
    if viewer.acts_for(thing.owner):
        return True
    if thing.version == 0 or thing.taken_down is not None:
        return False
    return thing.visibility != "private" or access(viewer, thing) is not None


def lists(viewer: Viewer, lab: orm.Lab) -> bool:
    """Whether a list of labs names this one to the viewer: not one that they need the address of."""
    if lab.visibility == "unlisted" and not viewer.acts_for(lab.owner) and access(viewer, lab) is None:
        return False
    return sees(viewer, lab)


def access(viewer: Viewer, thing: Guarded) -> wire.Access | None:
    """What it is shared with this viewer for, the most of it; None where it is not."""
    if not thing.shared:
        return None
    now = micros(datetime.now(UTC))
    held = [thing.shared[key] for key in viewer.holds() if key in thing.shared]
    found = {may for may, until in held if until is None or now < until}
    return "edit" if "edit" in found else "view" if found else None


def edits(viewer: Viewer, thing: Guarded) -> bool:
    """Whether the viewer may publish versions of it and change its fields."""
    return viewer.acts_for(thing.owner) or (sees(viewer, thing) and access(viewer, thing) == "edit")


def lab_absent(owner: str, name: str) -> NotFound:
    """The one answer for labs that do not exist and labs that the asker may not know of."""
    return NotFound(f"There is no lab {owner}/{name}.", "lab_not_found")


def find_lab(session: Session, viewer: Viewer, owner: str, name: str, lock: bool = False) -> orm.Lab:
    """The lab, if the viewer may see it; `lock` keeps others from changing it until the transaction ends."""
    lab = _row(session, owner, name, lock)
    if lab is None or not sees(viewer, lab):
        raise lab_absent(owner, name)
    return lab


def recorded_lab(session: Session, viewer: Viewer, owner: str, name: str) -> orm.Lab:
    """The lab of the viewer's that a run is of, locked; in the trash too, whence it may come back."""
    lab = _row(session, owner, name, lock=True) or last_deleted(session, owner, name)
    if lab is None or not viewer.acts_for(owner):
        raise lab_absent(owner, name)
    return lab


def last_deleted(session: Session, owner: str, name: str) -> orm.Lab | None:
    """The lab of this name that was put into the trash last, locked."""
    if "\0" in owner or "\0" in name:
        return None
    query = select(orm.Lab).where(orm.Lab.owner == owner, orm.Lab.name == name, orm.Lab.deleted.is_not(None))
    return session.scalar(query.order_by(orm.Lab.deleted.desc()).limit(1).with_for_update())


def own_lab(session: Session, viewer: Viewer, owner: str, name: str, if_match: str | None = None) -> orm.Lab:
    """The lab, locked for a change by its owner or the administrator; absent to everybody else."""
    lab = edited_lab(session, viewer, owner, name)
    if not viewer.acts_for(lab.owner):
        raise lab_absent(owner, name)
    return current(lab, if_match)


def edited_lab(
    session: Session,
    viewer: Viewer,
    owner: str,
    name: str,
    if_match: str | None = None,
    visibility: object = None,
) -> orm.Lab:
    """The same for what those may change too with whom it is shared to edit.

    `visibility` is what the change says of it, if that is something: only the owner says who sees a lab.
    """
    need_write(viewer)
    lab = find_lab(session, viewer, owner, name, lock=True)
    if not edits(viewer, lab):
        raise lab_absent(owner, name)
    if not viewer.acts_for(lab.owner) and visibility not in (None, UNSET, lab.visibility):
        raise Forbidden(f"Only {lab.owner} changes who can see this lab.", "owner_required")
    return current(lab, if_match)


def current(lab: orm.Lab, if_match: str | None) -> orm.Lab:
    """The lab, if it is still what the asker has read."""
    if if_match is not None and if_match != lab_etag(lab):
        raise Stale(f"{lab.owner}/{lab.name} was changed in the meantime: read it again.", "lab_changed")
    return lab


def lab_etag(lab: orm.Lab) -> str:
    """What changes whenever the lab does."""
    return f'"{lab.id}-{lab.revision}"'


def _row(session: Session, owner: str, name: str, lock: bool) -> orm.Lab | None:
    if "\0" in owner or not NAME.fullmatch(name):
        return None
    return session.scalar(_named(lock), {"owner": owner, "name": name})


@cache
def _named(lock: bool) -> Select[orm.Lab]:
    """The lab `name` of `owner`: a statement that is made once, which takes longer than to run it."""
    mine = orm.Lab.owner == bindparam("owner", type_=String), orm.Lab.name == bindparam("name", type_=String)
    query = select(orm.Lab).where(*mine, orm.Lab.deleted.is_(None))
    return query.with_for_update() if lock else query
