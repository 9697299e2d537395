"""The person behind a request: what they are here, and what they use."""

from __future__ import annotations

from sqlalchemy import func, select

from mlabs_ext import wire
from mlabs_ext.service import orm
from mlabs_ext.service.rules import Rules, need_read
from mlabs_ext.service.viewers import Viewer


class People(Rules):
    """The rules about people."""

    def me(self, viewer: Viewer) -> wire.Me:
        """Who asks, and what is theirs; every blob counts once."""
        name = need_read(viewer)
        labs = select(func.count()).where(orm.Lab.owner == name, orm.Lab.deleted.is_(None))
        runs = select(func.count()).where(orm.Run.user == name)
        own = select(orm.Version.notebook, orm.Version.size).join(orm.Lab, orm.Lab.id == orm.Version.lab_id)
        blobs = own.where(orm.Lab.owner == name).distinct().subquery()
        with self.store.read() as session:
            usage = wire.Usage(
                labs=session.scalar(labs),
                runs=session.scalar(runs),
                running=session.scalar(runs.where(orm.Run.ended.is_(None))),
                storage_bytes=int(session.scalar(select(func.coalesce(func.sum(blobs.c.size), 0)))),
            )
        return wire.Me(name=name, admin=viewer.admin, usage=usage)
