"""Labs: create, read and change. Forks, the trash, lists and versions have files of their own."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET
from sqlalchemy.orm import Session
from traitlets import Enum
from ulid import ULID

from mlabs_ext import wire
from mlabs_ext.names import name_from, notebook_path
from mlabs_ext.service import fields as lab_fields
from mlabs_ext.service import heat, lab_data, orm, reproduced, shown, storage, visibility
from mlabs_ext.service.forks import Forks
from mlabs_ext.service.idempotency import Key, once
from mlabs_ext.service.lab_lists import LabLists
from mlabs_ext.service.naming import check_lab_name, free_names, place
from mlabs_ext.service.prepared import Prepared, prepare
from mlabs_ext.service.rules import edited_lab, find_lab, lab_etag, need_write
from mlabs_ext.service.trash import Trash
from mlabs_ext.service.versions import add_version, bind_run
from mlabs_ext.service.viewers import Viewer


class Labs(Forks, Trash, LabLists):
    """The rules about labs. All answers are shapes of `mlabs_ext.wire`."""

    default_visibility = Enum(
        list(visibility.RANKS),
        "public",
        help="""Who sees a lab whose author did not say: everybody, whoever has the link, or nobody else.

        Default: public. Example:

            c.Labs.default_visibility = "unlisted"
        """,
    ).tag(config=True)

    def create(
        self, viewer: Viewer, fields: wire.LabCreate, notebook: bytes | None, key: Key | None = None
    ) -> wire.Lab:
        """A new lab with its first version, or a draft where there is no notebook.

        A name that is given must be free (Conflict); one made from the title is numbered where it is taken.
        """
        owner = need_write(viewer)
        if fields.name is not None:
            check_lab_name(fields.name)
        prepared = None if notebook is None else prepare(self.blobs, notebook)

        def make() -> wire.Lab:
            storage.turn(session, owner)
            storage.check(session, self.plans.of(session, owner, viewer), owner, prepared)
            lab = self._new(owner, fields, prepared)
            if fields.visibility is None and prepared:
                lab.visibility = self.usual_visibility(session, viewer, prepared.runtime.lab)
            names = [fields.name] if fields.name else free_names(session, owner, name_from(lab.title))
            place(session, lab, names)
            lab_fields.apply(session, lab, fields, self.catalogue)
            if prepared:
                add_version(session, lab, owner, fields, prepared, lab.created)
                bind_run(session, lab, owner, fields.run)
                lab_data.follow(session, viewer, lab, prepared.runtime.data, self.now())
            session.flush()
            return shown.lab(session, viewer, self.addresses, lab)

        with self.store.write() as session:
            return once(session, owner, key, wire.Lab, make)

    def get(self, viewer: Viewer, owner: str, name: str) -> wire.Lab:
        """One lab."""
        return self.get_with_etag(viewer, owner, name)[0]

    def etag(self, viewer: Viewer, owner: str, name: str) -> str:
        """What `If-Match` takes for this lab."""
        return self.get_with_etag(viewer, owner, name)[1]

    def get_with_etag(self, viewer: Viewer, owner: str, name: str) -> tuple[wire.Lab, str]:
        """One lab, and what `If-Match` takes for this very state of it."""
        with self.store.read() as session:
            lab = find_lab(session, viewer, owner, name)
            shape = shown.lab(session, viewer, self.addresses, lab)
            shape.reproduced = reproduced.last(session, self.addresses, lab) or UNSET
            return shape, lab_etag(lab)

    def change(
        self, viewer: Viewer, owner: str, name: str, fields: wire.LabChange, if_match: str | None = None
    ) -> wire.Lab:
        """Change what is given, leave the rest."""
        with self.store.write() as session:
            lab = edited_lab(session, viewer, owner, name, if_match, fields.visibility)
            if lab_fields.apply(session, lab, fields, self.catalogue):
                lab_fields.touch(lab, self.now())
            session.flush()
            return shown.lab(session, viewer, self.addresses, lab)

    def runtime(self, viewer: Viewer, owner: str, name: str) -> dict[str, Any]:
        """What a server for this lab needs; the hub may ask about every lab."""
        asker = Viewer(admin=True, can_read=True) if viewer.hub else viewer
        with self.store.read() as session:
            lab = find_lab(session, asker, owner, name)
            return {
                "title": lab.title,
                "environment": lab.environment,
                "accelerator": lab.accelerator,
                "image": lab.image,
                "version": lab.version,
                "path": notebook_path(lab.name),
            }

    def rename_free(self, owner: str, wanted: str) -> str:
        """The first free name like `wanted`."""
        with self.store.read() as session:
            return next(free_names(session, owner, wanted))

    def fork_visibility(self, parent: orm.Lab) -> str:
        """A fork is never seen by more people than its parent, nor than the administrator's default."""
        return visibility.narrower(parent.visibility, self.default_visibility)

    def usual_visibility(self, session: Session, viewer: Viewer, named: str | None) -> wire.Visibility:
        """Who sees a new lab whose author does not say, and whose notebook names a lab."""
        return visibility.of_new(session, viewer, named, self.default_visibility)

    def _new(self, owner: str, fields: wire.LabCreate, prepared: Prepared | None) -> orm.Lab:
        now = self.now()
        said = lab_fields.given(fields)
        environment, accelerator = self._runtime(fields, prepared)
        found = prepared.title if prepared else None
        return orm.Lab(
            id=str(ULID()),
            owner=owner,
            name=fields.name,
            title=said.get("title") or found or fields.name or "Untitled",
            description="",
            tags=[],
            visibility=said.get("visibility", self.default_visibility),
            environment=environment,
            accelerator=accelerator,
            version=0,
            heat=heat.warmer(0.0, now, heat.PUBLISH),
            runs=0,
            popularity=0,
            created=now,
            updated=now,
        )

    def _runtime(self, fields: wire.LabCreate, prepared: Prepared | None) -> tuple[str, str]:
        """Environment and accelerator: as said, else as the notebook asks and is here, else the default."""
        asked = prepared.runtime if prepared else None
        known = {spec.name for spec in self.catalogue.all()}
        wish = asked.environment if asked and asked.environment in known else self.catalogue.default
        spec = self.catalogue.get(fields.environment or wish)
        hope = (asked and asked.accelerator) or "none"
        accelerator = fields.accelerator or (hope if hope in spec.accelerators else "none")
        self.catalogue.check(spec.name, accelerator)
        return spec.name, accelerator
