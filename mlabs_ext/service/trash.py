"""The trash: deleted labs can be restored for a while; their forks never notice."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from traitlets import Integer

from mlabs_ext import wire
from mlabs_ext.service import forks, orm, shown, statements
from mlabs_ext.service.fields import touch
from mlabs_ext.service.naming import free_names, place
from mlabs_ext.service.rules import Rules, lab_absent, last_deleted, need_read, need_write, own_lab
from mlabs_ext.service.viewers import Viewer

SHOWN = 100


class Trash(Rules):
    """The rules about deleted labs."""

    keep_deleted = Integer(
        30,
        help="""For how many days a deleted lab can be restored; then it is gone, with its versions and runs.

        Default: 30. Example:

            c.Labs.keep_deleted = 90
        """,
    ).tag(config=True)

    def delete(self, viewer: Viewer, owner: str, name: str, if_match: str | None = None) -> None:
        """Put a lab into the trash. Its forks stay; its name is free at once."""
        with self.store.write() as session:
            lab = own_lab(session, viewer, owner, name, if_match)
            lab.deleted = self.now()
            touch(lab, lab.deleted)
            forks.count(session, lab.parent_id, -1)

    def trash(self, viewer: Viewer) -> list[tuple[wire.Lab, datetime]]:
        """The viewer's deleted labs with the time of their deletion, newest first, at most 100."""
        owner = need_read(viewer)
        query = select(orm.Lab).where(orm.Lab.owner == owner, orm.Lab.deleted.is_not(None))
        with self.store.read() as session:
            rows = session.scalars(query.order_by(orm.Lab.deleted.desc()).limit(SHOWN)).all()
            labs = shown.labs(session, viewer, self.addresses, rows)
            return [
                (lab, row.deleted) for lab, row in zip(labs, rows, strict=True) if row.deleted is not None
            ]

    def restore(self, viewer: Viewer, owner: str, name: str) -> wire.Lab:
        """Take the lab of this name that was deleted last out of the trash; numbered if its name is taken."""
        need_write(viewer)
        if not viewer.acts_for(owner):
            raise lab_absent(owner, name)
        with self.store.write() as session:
            lab = last_deleted(session, owner, name)
            if lab is None:
                raise lab_absent(owner, name)
            place(session, lab, free_names(session, owner, name))
            touch(lab, self.now())
            forks.count(session, lab.parent_id, 1)
            session.flush()
            return shown.lab(session, viewer, self.addresses, lab)

    def empty_own_trash(self, viewer: Viewer) -> int:
        """Remove for good what the viewer deleted, before its time; the number of labs."""
        owner = need_write(viewer)
        with self.store.write() as session:
            own = delete(orm.Lab).where(orm.Lab.owner == owner, orm.Lab.deleted.is_not(None))
            return statements.changed(session, own)

    def empty_trash(self, now: datetime) -> int:
        """Remove for good what was deleted too long ago; the number of labs."""
        old = now - timedelta(days=self.keep_deleted)
        with self.store.write() as session:
            return statements.changed(session, delete(orm.Lab).where(orm.Lab.deleted < old))
