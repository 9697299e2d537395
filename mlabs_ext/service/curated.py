"""Collections: ordered lists of labs with a note for each, of which everybody sees what they may see."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from itertools import count

from msgspec import UNSET, structs
from sqlalchemy import Select, String, bindparam, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from ulid import ULID

from mlabs_ext import wire
from mlabs_ext.errors import Conflict, Unusable
from mlabs_ext.names import check_name, name_from, numbered
from mlabs_ext.service import orm, shown
from mlabs_ext.service.curated_rows import find, items_of, listed, number, own
from mlabs_ext.service.cursors import Sort
from mlabs_ext.service.fields import plain
from mlabs_ext.service.idempotency import Key, once
from mlabs_ext.service.orm_curated import Collection, Item
from mlabs_ext.service.rules import Rules, find_lab, need_write
from mlabs_ext.service.viewers import Viewer

NEWEST = Sort("collections", Collection.updated, Collection.id, datetime)
MAX_COLLECTIONS, MAX_ITEMS = 100, 200


class Collections(Rules):
    """The rules about collections."""

    def list(
        self, viewer: Viewer, owner: str, limit: int = 30, cursor: str | None = None
    ) -> tuple[list[wire.Collection], str | None]:
        """A person's public collections, last changed first; all of them where the viewer acts for them."""
        query, whose = _of_owner(viewer.acts_for(owner)), {"owner": owner.replace("\0", "")}
        with self.store.read() as session:
            rows, following = NEWEST.page_of(session, query, whose, limit, cursor)
            return [self._head(row) for row in rows], following

    def get(self, viewer: Viewer, owner: str, name: str) -> wire.Collection:
        """One collection, with its labs as far as the viewer may see them."""
        with self.store.read() as session:
            return self._whole(session, viewer, find(session, viewer, owner, name))

    def create(
        self, viewer: Viewer, fields: wire.CollectionCreate, key: Key | None = None
    ) -> wire.Collection:
        """A new, empty collection of the viewer's."""
        owner = need_write(viewer)
        if fields.name is not None:
            check_name(fields.name, "collection")
        said = _checked(structs.asdict(fields))

        def make() -> wire.Collection:
            have = select(func.count()).select_from(Collection).where(Collection.owner == owner)
            if (session.scalar(have) or 0) >= MAX_COLLECTIONS:
                raise Unusable(f"You have {MAX_COLLECTIONS} collections: delete one first.", "too_many")
            now = self.now()
            row = Collection(id=str(ULID()), owner=owner, created=now, updated=now, **said)
            _place(session, row, fields.name)
            return self._whole(session, viewer, row)

        with self.store.write() as session:
            return once(session, owner, key, wire.Collection, make)

    def change(self, viewer: Viewer, owner: str, name: str, fields: wire.CollectionChange) -> wire.Collection:
        """Change what is given, leave the rest."""
        said = _checked({k: v for k, v in structs.asdict(fields).items() if v is not UNSET})
        with self.store.write() as session:
            row = own(session, viewer, owner, name)
            for field, value in said.items():
                setattr(row, field, value)
            row.updated = self.now()
            return self._whole(session, viewer, row)

    def delete(self, viewer: Viewer, owner: str, name: str) -> None:
        """Take the list away; its labs stay."""
        with self.store.write() as session:
            session.delete(own(session, viewer, owner, name))

    def put(
        self,
        viewer: Viewer,
        owner: str,
        name: str,
        lab: tuple[str, str],
        fields: wire.CollectionItemChange,
    ) -> wire.Collection:
        """Have a lab that the viewer sees in the collection, with this note and at this place."""
        with self.store.write() as session:
            row = own(session, viewer, owner, name)
            wanted = find_lab(session, viewer, *lab)
            items = items_of(session, row)
            item = next((each for each in items if each.lab_id == wanted.id), None)
            if item is None:
                if len(items) >= MAX_ITEMS:
                    raise Unusable(f"A collection has at most {MAX_ITEMS} labs.", "collection_full")
                item = Item(collection_id=row.id, lab_id=wanted.id, note="", added=self.now())
                session.add(item)
                items.append(item)
            if fields.note is not UNSET:
                item.note = plain(fields.note.replace("\r\n", "\n").strip(), "note")
            if fields.position is not UNSET:
                items.remove(item)
                items.insert(fields.position - 1, item)
            number(items)
            row.updated = self.now()
            session.flush()
            return self._whole(session, viewer, row)

    def remove(self, viewer: Viewer, owner: str, name: str, lab: tuple[str, str]) -> None:
        """Take a lab out of the collection; where it is not in it nothing changes."""
        with self.store.write() as session:
            row = own(session, viewer, owner, name)
            item = session.get(Item, (row.id, find_lab(session, viewer, *lab).id))
            if item is not None:
                session.delete(item)
                row.updated = self.now()

    def _whole(self, session: Session, viewer: Viewer, row: Collection) -> wire.Collection:
        items = items_of(session, row)
        query = select(orm.Lab).where(orm.Lab.id.in_([item.lab_id for item in items]))
        labs = [lab for lab in session.scalars(query) if listed(viewer, row, lab)]
        known = {lab.id: lab for lab in shown.labs(session, viewer, self.addresses, labs)}
        whole = self._head(row)
        whole.items = [
            wire.CollectionItem(known[item.lab_id], item.note, item.added)
            for item in items
            if item.lab_id in known
        ]
        return whole

    def _head(self, row: Collection) -> wire.Collection:
        return wire.Collection(
            owner=row.owner,
            name=row.name,
            title=row.title,
            description=row.description,
            visibility=row.visibility,
            created=row.created,
            updated=row.updated,
            url=self.addresses.collection(row.owner, row.name),
        )


@cache
def _of_owner(private_too: bool) -> Select[Collection]:
    query = select(Collection).where(Collection.owner == bindparam("owner", type_=String))
    return query if private_too else query.where(Collection.visibility == "public")


def _checked(said: dict[str, str]) -> dict[str, str]:
    """The fields as they are kept; the name is not among them."""
    kept = {name: plain(said[name].strip(), name) for name in said.keys() & {"title", "description"}}
    if not kept.get("title", "-"):
        raise Unusable("A collection needs a title.", "fields_invalid", {"field": "title"})
    return kept | {name: said[name] for name in said.keys() & {"visibility"}}


def _place(session: Session, row: Collection, name: str | None) -> None:
    """Put a collection under its name, or under the first free one that its title gives."""
    stem = name_from(row.title, "collection")
    for n in count(1):
        try:
            with session.begin_nested():
                row.name = name or numbered(stem, n)
                session.add(row)
                session.flush()
                return
        except IntegrityError:
            if name is not None or n > MAX_COLLECTIONS:
                raise Conflict(f"You have a collection {row.name} already.", "collection_exists") from None
