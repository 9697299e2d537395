"""Forks: a lab of one's own from a version of another, and the tree that this makes."""

from __future__ import annotations

import re
from collections import defaultdict

from sqlalchemy import Integer as SqlInteger
from sqlalchemy import literal, select, update
from sqlalchemy.orm import Session
from traitlets import Integer
from ulid import ULID

from mlabs_ext import wire
from mlabs_ext.accelerators import COMMUNITY, NONE
from mlabs_ext.errors import Forbidden, Unusable
from mlabs_ext.service import heat, lab_data, orm, shown, storage
from mlabs_ext.service.fields import set_tags
from mlabs_ext.service.idempotency import Key, once
from mlabs_ext.service.naming import check_lab_name, free_names, place
from mlabs_ext.service.orm_assets import Asset
from mlabs_ext.service.rules import Rules, find_lab, lists, need_write
from mlabs_ext.service.versions import find_version
from mlabs_ext.service.viewers import Viewer

MAX_DEPTH = 100
# A reference to an image, or the name of a folder; nothing else is passed on to those who start servers.
IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/@+-]{0,299}")


class Forks(Rules):
    """The rules about forks."""

    max_tree = Integer(
        1000,
        help="""How many labs of a fork tree are shown, those nearest to its root first.

        Default: 1000. Example:

            c.Labs.max_tree = 200
        """,
    ).tag(config=True)

    def fork(
        self, viewer: Viewer, owner: str, name: str, fields: wire.ForkCreate, key: Key | None = None
    ) -> wire.Lab:
        """A lab of the viewer's own with a version of this one as its first; costs the same for any size."""
        forker = need_write(viewer)
        if fields.name is not None:
            check_lab_name(fields.name)

        def make() -> wire.Lab:
            storage.turn(session, forker)
            parent = find_lab(session, viewer, owner, name, lock=True)
            if parent.taken_down is not None:
                raise Forbidden("An administrator took this lab down; it cannot be forked.", "taken_down")
            lab = self._copy(session, viewer, parent, forker, fields)
            parent.forks += 1
            parent.popularity += 1
            parent.heat = heat.warmer(parent.heat, lab.created, heat.FORK)
            session.flush()
            return shown.lab(session, viewer, self.addresses, lab)

        with self.store.write() as session:
            return once(session, forker, key, wire.Lab, make)

    def forks(self, viewer: Viewer, owner: str, name: str) -> wire.ForkNode:
        """This lab, what was forked from it, what was forked from that, and so on."""
        with self.store.read() as session:
            lab = find_lab(session, viewer, owner, name)
            rows = descendants(session, lab, self.max_tree)
        children: dict[str | None, list[orm.Lab]] = defaultdict(list)
        for row in rows:
            children[row.parent_id if row.id != lab.id else None].append(row)
        return _node(viewer, lab, children, asked=lab.id)

    def _copy(
        self, session: Session, viewer: Viewer, parent: orm.Lab, owner: str, fields: wire.ForkCreate
    ) -> orm.Lab:
        version = find_version(session, parent, "latest" if fields.version is None else fields.version)
        storage.check(session, self.plans.of(session, owner, viewer), owner, version)
        accelerator = version.accelerator if fields.accelerator is None else fields.accelerator
        if fields.accelerator is None and accelerator == COMMUNITY:
            # That others may read what runs was its author's choice, and not whose fork this is.
            accelerator = NONE
        if accelerator != version.accelerator:
            self.catalogue.check(version.environment, accelerator)
        now = self.now()
        lab = orm.Lab(
            id=str(ULID()),
            owner=owner,
            name=fields.name or parent.name,
            title=parent.title,
            description=parent.description,
            tags=parent.tags,
            license=parent.license,
            visibility=self.fork_visibility(parent),
            environment=version.environment,
            accelerator=accelerator,
            image=ran_on(session, parent, version) if accelerator == version.accelerator else None,
            checkpoint=fields.outputs and checkpoint(session, viewer, parent, fields.outputs),
            version=1,
            parent_id=parent.id,
            forked_version=version.number,
            heat=heat.warmer(0.0, now, heat.PUBLISH),
            created=now,
            updated=now,
        )
        place(session, lab, [fields.name] if fields.name else free_names(session, owner, parent.name))
        set_tags(session, lab, lab.tags)
        session.add(_first_version(lab, version))
        lab_data.copy(session, viewer, parent, lab, now)
        return lab

    def fork_visibility(self, parent: orm.Lab) -> str:
        """A fork is never seen by more people than its parent."""
        return parent.visibility


def checkpoint(session: Session, viewer: Viewer, lab: orm.Lab, run_id: str) -> str:
    """The run that a fork goes on from; Unusable where that is none of the lab's, or made nothing."""
    run = session.scalar(select(orm.Run).where(orm.Run.id == run_id, orm.Run.lab_id == lab.id))
    if run is None or not (viewer.acts_for(run.user) or run.version is not None) or not _wrote(session, run):
        reason = f"{lab.owner}/{lab.name} has no run {run_id!r:.60} with outputs: fork it without them."
        raise Unusable(reason, "outputs_absent")
    return run.id


def _wrote(session: Session, run: orm.Run) -> bool:
    return session.scalar(select(Asset.key).where(Asset.run_key == run.key).limit(1)) is not None


def ran_on(session: Session, lab: orm.Lab, version: orm.Version) -> str | None:
    """The image that a version of a lab ran on, as far as that is known.

    Users' servers say what they run on: whoever starts something by this word has to check it.
    """
    same = version.environment, version.accelerator
    run = version.run_id and session.scalar(
        select(orm.Run).where(orm.Run.id == version.run_id, orm.Run.lab_id == lab.id)
    )
    if run and run.image and (run.environment, run.accelerator) == same:
        return run.image if IMAGE.fullmatch(run.image) else None
    return lab.image if (lab.environment, lab.accelerator) == same else None


def _first_version(lab: orm.Lab, version: orm.Version) -> orm.Version:
    return orm.Version(
        lab_id=lab.id,
        number=1,
        author=lab.owner,
        message="",
        environment=lab.environment,
        accelerator=lab.accelerator,
        created=lab.created,
        notebook=version.notebook,
        code_sha256=version.code_sha256,
        cells=version.cells,
        size=version.size,
    )


def count(session: Session, parent_id: str | None, difference: int) -> None:
    """Note that a lab has more or fewer forks."""
    if parent_id is not None:
        changed = {"forks": orm.Lab.forks + difference, "popularity": orm.Lab.popularity + difference}
        session.execute(update(orm.Lab).where(orm.Lab.id == parent_id).values(changed))


def descendants(session: Session, lab: orm.Lab, limit: int) -> list[orm.Lab]:
    """The lab and all that stems from it, nearest first."""
    depth = literal(0, SqlInteger).label("depth")
    found = select(orm.Lab.id, depth).where(orm.Lab.id == lab.id).cte("found", recursive=True)
    below = select(orm.Lab.id, found.c.depth + 1).join(found, orm.Lab.parent_id == found.c.id)
    found = found.union_all(below.where(found.c.depth < MAX_DEPTH))
    query = select(orm.Lab).join(found, orm.Lab.id == found.c.id)
    return list(session.scalars(query.order_by(found.c.depth, orm.Lab.created.desc()).limit(limit)))


def _node(
    viewer: Viewer, row: orm.Lab, children: dict[str | None, list[orm.Lab]], asked: str
) -> wire.ForkNode:
    below = [_node(viewer, child, children, asked) for child in children[row.id]]
    known = row.id == asked or lists(viewer, row)
    return wire.ForkNode(
        lab=f"{row.owner}/{row.name}" if known else None,
        title=row.title if known else None,
        version=row.version,
        forked_version=row.forked_version,
        created=row.created,
        forks=[node for node in below if node.lab or node.forks],
    )
