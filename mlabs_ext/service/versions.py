"""Versions: what a lab was at each publish, numbered without gaps and fixed forever."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import structs
from sqlalchemy import select
from sqlalchemy.orm import Session

from mlabs_ext import notebook as notebooks
from mlabs_ext import wire
from mlabs_ext.errors import NotFound
from mlabs_ext.service import bases, heat, indexing, lab_data, orm, shown, storage
from mlabs_ext.service import fields as lab_fields
from mlabs_ext.service.cursors import Sort
from mlabs_ext.service.idempotency import Key, once
from mlabs_ext.service.prepared import Prepared, prepare
from mlabs_ext.service.rules import Rules, edited_lab, edits, find_lab, need_write
from mlabs_ext.service.viewers import Viewer

Number = int | Literal["latest"]
NEWEST = Sort("versions", orm.Version.number, orm.Version.number, int)


class Versions(Rules):
    """The rules about versions."""

    def add(
        self,
        viewer: Viewer,
        owner: str,
        name: str,
        fields: wire.VersionCreate,
        notebook: bytes,
        if_match: str | None = None,
        key: Key | None = None,
    ) -> tuple[wire.Version, bool]:
        """The lab's next version, and True; the latest and False where the notebook is the same.

        The lab's own fields change with it where they are given. Only runs of the owner's are the lab's: what
        somebody publishes with whom it is shared names none.
        """
        author = need_write(viewer)
        prepared = prepare(self.blobs, notebook)

        def make() -> tuple[wire.Version, bool]:
            storage.turn(session, owner)
            lab = edited_lab(session, viewer, owner, name, if_match, fields.visibility)
            said = fields if viewer.acts_for(owner) else structs.replace(fields, run=None)
            storage.check(session, self.plans.of(session, owner, viewer), owner, prepared)
            changed = lab_fields.apply(session, lab, fields, self.catalogue)
            latest = find_version(session, lab, lab.version) if lab.version else None
            row = latest if latest is not None and latest.notebook == prepared.digest else None
            same = row is not None
            if row is None:
                row = add_version(session, lab, author, said, prepared, self.now())
                row.merged = bases.noted(session, lab, prepared.runtime, latest)
            bind_run(session, lab, author, said.run)
            lab_data.follow(session, viewer, lab, prepared.runtime.data, self.now())
            if changed or not same:
                lab_fields.touch(lab, self.now())
            session.flush()
            return shown.versions(session, self.addresses, lab, [row])[0], not same

        with self.store.write() as session:
            return once(session, author, key, tuple[wire.Version, bool], make)

    def restore(
        self,
        viewer: Viewer,
        owner: str,
        name: str,
        number: int,
        message: str | None = None,
        if_match: str | None = None,
        key: Key | None = None,
    ) -> tuple[wire.Version, bool]:
        """An earlier version's notebook as the next version; the latest and False where it is the same.

        It runs where that version did, as long as there is such an environment.
        """
        author = need_write(viewer)

        def make() -> tuple[wire.Version, bool]:
            lab = edited_lab(session, viewer, owner, name, if_match)
            old, latest = find_version(session, lab, number), find_version(session, lab, "latest")
            if old.notebook == latest.notebook:
                return shown.versions(session, self.addresses, lab, [latest])[0], False
            known = {environment.name for environment in self.catalogue.all()}
            fields = wire.VersionCreate(message=message or f"Restored version {number}")
            if old.environment in known:
                fields.environment, fields.accelerator = old.environment, old.accelerator
            lab_fields.apply(session, lab, fields, self.catalogue)
            row = add_version(session, lab, author, fields, stored(old), self.now())
            row.run_id, row.merged = old.run_id, old.merged
            lab_fields.touch(lab, self.now())
            session.flush()
            return shown.versions(session, self.addresses, lab, [row])[0], True

        with self.store.write() as session:
            return once(session, author, key, tuple[wire.Version, bool], make)

    def to_original(self, viewer: Viewer, owner: str, name: str) -> wire.Version:
        """A fork's latest version as the next one of its original, where the viewer may edit that."""
        with self.store.read() as session:
            fork = find_lab(session, viewer, owner, name)
            lab = session.get(orm.Lab, fork.parent_id) if fork.parent_id else None
            if lab is None or not viewer.acts_for(fork.owner) or not edits(viewer, lab):
                raise NotFound(f"{owner}/{name} is no fork of a lab that you may edit.", "original_not_found")
            version = find_version(session, fork, "latest")
        node, reference = notebooks.parse(self.blobs.get(version.notebook)), f"{lab.owner}/{lab.name}"
        notebooks.set_runtime(node, environment=lab.environment, accelerator=lab.accelerator, lab=reference)
        fields = wire.VersionCreate(message=f"From {owner}/{name}, version {version.number}")
        return self.add(viewer, lab.owner, lab.name, fields, notebooks.dumps(node))[0]

    def list(
        self, viewer: Viewer, owner: str, name: str, limit: int = 30, cursor: str | None = None
    ) -> tuple[list[wire.Version], str | None]:
        """A lab's versions, newest first."""
        with self.store.read() as session:
            lab = find_lab(session, viewer, owner, name)
            query = select(orm.Version).where(orm.Version.lab_id == lab.id)
            rows, following = NEWEST.page(session, query, limit, cursor)
            return shown.versions(session, self.addresses, lab, rows), following

    def get(self, viewer: Viewer, owner: str, name: str, number: Number) -> wire.Version:
        """One version."""
        with self.store.read() as session:
            lab = find_lab(session, viewer, owner, name)
            return shown.versions(session, self.addresses, lab, [find_version(session, lab, number)])[0]

    def notebook(self, viewer: Viewer, owner: str, name: str, number: Number) -> tuple[bytes, str]:
        """A version's notebook as it is stored, and its digest."""
        digest = self.get(viewer, owner, name, number).notebook_sha256
        return self.blobs.get(digest), digest


def stored(version: orm.Version) -> Prepared:
    """The notebook of a version, which is on disk already."""
    unasked = notebooks.Runtime(None, None)
    return Prepared(version.notebook, version.code_sha256, version.cells, version.size, None, unasked)


def find_version(session: Session, lab: orm.Lab, number: Number) -> orm.Version:
    """A version of the lab; NotFound otherwise."""
    wanted = lab.version if number == "latest" else number
    row = session.get(orm.Version, (lab.id, wanted)) if 0 < wanted < 2**31 else None
    if row is None:
        raise NotFound(f"{lab.owner}/{lab.name} has no version {number}.", "version_not_found")
    return row


def add_version(
    session: Session,
    lab: orm.Lab,
    author: str,
    fields: wire.LabCreate | wire.VersionCreate,
    prepared: Prepared,
    now: datetime,
) -> orm.Version:
    """Add the next version to a lab that nobody else can change now."""
    lab.version += 1
    lab.heat = heat.warmer(lab.heat, now, heat.PUBLISH)
    row = orm.Version(
        lab_id=lab.id,
        number=lab.version,
        author=author,
        message=lab_fields.plain(fields.message or "", "message"),
        environment=lab.environment,
        accelerator=lab.accelerator,
        created=now,
        notebook=prepared.digest,
        code_sha256=prepared.code_sha256,
        cells=prepared.cells,
        size=prepared.size,
        run_id=fields.run,
    )
    session.add(row)
    indexing.told(session, lab, prepared.text)
    return row


def bind_run(session: Session, lab: orm.Lab, user: str, run_id: str | None) -> None:
    """Make a run part of the lab's latest version; one not known yet follows when it is registered."""
    if run_id is None:
        return
    mine = orm.Run.id == run_id, orm.Run.lab_id == lab.id, orm.Run.user == user
    run = session.scalar(select(orm.Run).where(*mine).with_for_update())
    if run is None:
        return
    if run.version is None:
        count_run(lab, 1)
    if run.version is None or run.version < lab.version:
        run.version = lab.version


def add_run(lab: orm.Lab, run: orm.Run, now: datetime) -> None:
    """Note that a lab has a new run."""
    lab.recorded += 1
    if run.version is not None:
        count_run(lab, 1)
        lab.heat = heat.warmer(lab.heat, now, heat.RUN)


def count_run(lab: orm.Lab, difference: int) -> None:
    """Note that a lab has more or fewer runs that belong to a version."""
    lab.runs += difference
    lab.popularity += difference
