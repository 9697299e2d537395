"""Profiles: a name, some words, a home page, and the labs that a person shows first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from msgspec import UNSET
from sqlalchemy import select
from sqlalchemy.orm import Session

from mlabs_ext import wire
from mlabs_ext.errors import NotFound, Unusable
from mlabs_ext.service import orm, shown, statements
from mlabs_ext.service.fields import plain
from mlabs_ext.service.orm_profiles import Profile
from mlabs_ext.service.rules import Rules, need_write, sees
from mlabs_ext.service.viewers import Viewer

WORDS = ("display_name", "bio", "link")
EMPTY = dict.fromkeys(WORDS, "")


class Profiles(Rules):
    """The rules about profiles."""

    def get(self, viewer: Viewer, name: str) -> wire.Profile:
        """A person's profile; the same empty one for who has none and for who does not exist."""
        with self.store.read() as session:
            return self._shown(session, viewer, name, session.get(Profile, name.replace("\0", "")))

    def names(self, users: Iterable[str]) -> dict[str, str]:
        """What these users call themselves; who says nothing, or may not, is absent."""
        said = Profile.user.in_(list(users)), Profile.display_name != "", Profile.taken_down.is_(None)
        with self.store.read() as session:
            rows = session.execute(select(Profile.user, Profile.display_name).where(*said))
            return dict(rows.all())

    def change(self, viewer: Viewer, name: str, fields: wire.ProfileChange) -> wire.Profile:
        """Change what is given; only one's own, or as an administrator."""
        need_write(viewer)
        if not viewer.acts_for(name):
            raise NotFound("There is nothing of yours under this name.", "profile_not_found")
        said = _checked(fields)
        with self.store.write() as session:
            if fields.pinned is not UNSET:
                said["pinned"] = _ids(session, name, list(dict.fromkeys(fields.pinned)))
            row = statements.kept(session, Profile, user=name, pinned=[], updated=self.now(), **EMPTY)
            for field, value in said.items():
                setattr(row, field, value)
            row.updated = self.now()
            session.flush()
            return self._shown(session, viewer, name, row)

    def _shown(self, session: Session, viewer: Viewer, name: str, row: Profile | None) -> wire.Profile:
        own = viewer.acts_for(name)
        readable = row is not None and (row.taken_down is None or own)
        return wire.Profile(
            name=name,
            **{field: getattr(row, field) if readable else "" for field in WORDS},
            pinned=self._pinned(session, viewer, row) if row is not None else [],
            taken_down=row.taken_down if row is not None and own else None,
            url=self.addresses.person(name),
        )

    def _pinned(self, session: Session, viewer: Viewer, row: Profile) -> list[wire.Lab]:
        mine = orm.Lab.id.in_(row.pinned), orm.Lab.owner == row.user
        found = {lab.id: lab for lab in session.scalars(select(orm.Lab).where(*mine))}
        seen = [found[id_] for id_ in row.pinned if id_ in found and sees(viewer, found[id_])]
        return shown.labs(session, viewer, self.addresses, seen)


def _checked(fields: wire.ProfileChange) -> dict[str, Any]:
    """The words that are given, as they are kept."""
    given = {name: getattr(fields, name) for name in WORDS if getattr(fields, name) is not UNSET}
    said = {name: plain(value.replace("\r\n", "\n").strip(), name) for name, value in given.items()}
    if not said.get("display_name", "-").replace(" ", "").isprintable():
        raise Unusable("A name is one line.", "fields_invalid", {"field": "display_name"})
    if said.get("link"):
        _check_link(said["link"])
    return said


def _check_link(link: str) -> None:
    try:
        parts = urlsplit(link)
        good = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        good = False
    if not good or not link.isprintable() or set(link) & set(" <>\"'`\\"):
        reason = "A home page is an address that begins with https:// or http://."
        raise Unusable(reason, "fields_invalid", {"field": "link"})


def _ids(session: Session, owner: str, names: list[str]) -> list[str]:
    """The ids of labs of a person, in the order of their names; Unusable where one is none of theirs."""
    query = select(orm.Lab.name, orm.Lab.id).where(
        orm.Lab.owner == owner,
        orm.Lab.deleted.is_(None),
        orm.Lab.name.in_([name for name in names if "\0" not in name]),
    )
    found: dict[str, str] = dict(session.execute(query).all())
    absent = [name for name in names if name not in found]
    if absent:
        raise Unusable(f"{owner} has no lab {absent[0]!r:.80} to pin.", "lab_absent", {"field": "pinned"})
    return [found[name] for name in names]
