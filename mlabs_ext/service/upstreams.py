"""A fork and its original: what is new there, what differs, and what a merge of the two stands on."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from mlabs_ext import notebook as notebooks
from mlabs_ext import wire
from mlabs_ext.errors import NotFound
from mlabs_ext.service import bases, orm, shown
from mlabs_ext.service.idempotency import Key, again
from mlabs_ext.service.rules import Rules, edited_lab, find_lab, lab_etag, need_read, need_write, sees
from mlabs_ext.service.versions import find_version
from mlabs_ext.service.viewers import Viewer

SHOWN = 20


class Sides(NamedTuple):
    """The notebooks of a merge, and where they are from: versions `base` and `version` of `lab`, `into` of
    the fork, which is as its ETag says; None where another notebook is merged into.
    """

    lab: str
    base: int
    version: int
    into: int | None
    etag: str
    notebooks: tuple[bytes, bytes, bytes]


class Upstreams(Rules):
    """The rules about what a fork takes from its original."""

    def get(self, viewer: Viewer, owner: str, name: str) -> wire.Upstream:
        """What is new in the original; NotFound `upstream_not_found` where there is none for the viewer."""
        with self.store.read() as session:
            lab = find_lab(session, viewer, owner, name)
            parent, base = original(session, viewer, lab)
            newer = select(orm.Version).where(orm.Version.lab_id == parent.id, orm.Version.number > base)
            rows = session.scalars(newer.order_by(orm.Version.number.desc()).limit(SHOWN)).all()
            return wire.Upstream(
                lab=f"{parent.owner}/{parent.name}",
                title=parent.title,
                base=base,
                latest=parent.version,
                new=parent.version - base,
                versions=shown.versions(session, self.addresses, parent, rows),
                environment=parent.environment,
                accelerator=parent.accelerator,
                url=f"{self.addresses.lab(owner, name)}/upstream",
            )

    def sides(
        self,
        viewer: Viewer,
        owner: str,
        name: str,
        version: int | None = None,
        into: int | None = None,
        notebook: bytes | None = None,
    ) -> Sides:
        """What is merged into the fork's latest version, or into a notebook that is not published yet.

        Stale where the latest version is not `into`, which the asker has looked at.
        """
        need_read(viewer)
        mine = None if notebook is None else notebooks.clean(notebooks.parse(notebook))
        with self.store.read() as session:
            lab = find_lab(session, viewer, owner, name)
            parent, base = original(session, viewer, lab)
            latest = bases.need_latest(find_version(session, lab, "latest"), into)
            if mine is not None:
                base = bases.named(notebooks.runtime_of(mine), parent) or base
            # What is older than the base would take back what was taken in since.
            theirs = find_version(session, parent, max(version, base) if version else "latest")
            digests = find_version(session, parent, base).notebook, latest.notebook, theirs.notebook
            sides = f"{parent.owner}/{parent.name}", base, theirs.number, None if mine else latest.number
            etag = lab_etag(lab)
        old, own, new = (self.blobs.get(digest) for digest in digests)
        return Sides(*sides, etag, (old, own if mine is None else notebooks.dumps(mine), new))

    def may_pull(
        self, viewer: Viewer, owner: str, name: str, if_match: str | None, key: Key | None
    ) -> tuple[wire.Version, bool] | None:
        """What a pull with this key was answered before; an error for who may not change the fork."""
        author = need_write(viewer)
        with self.store.write() as session:
            answered = again(session, author, key, tuple[wire.Version, bool])
            if answered is None:
                edited_lab(session, viewer, owner, name, if_match)
            return answered


def original(session: Session, viewer: Viewer, lab: orm.Lab) -> tuple[orm.Lab, int]:
    """The lab that a fork is of, and the version of it that the fork's latest stands on."""
    parent = session.get(orm.Lab, lab.parent_id) if lab.parent_id else None
    if parent is None or not sees(viewer, parent) or not lab.version or not parent.version:
        raise NotFound(f"{lab.owner}/{lab.name} is no fork of a lab that you can see.", "upstream_not_found")
    base = bases.of(lab, find_version(session, lab, "latest"))
    return parent, base or parent.version
