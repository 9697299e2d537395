"""Everybody's open servers, and which of them the asker may stop."""

from __future__ import annotations

from sqlalchemy import select
from traitlets import Any as AnyTrait

from mlabs_ext import wire
from mlabs_ext.errors import NotFound
from mlabs_ext.service import orm
from mlabs_ext.service.rules import Rules, need_admin, need_write
from mlabs_ext.service.servers import Servers
from mlabs_ext.service.viewers import Viewer

BY_ADMIN = "An administrator stopped it"


class Overview(Rules):
    """The rules about servers of others."""

    servers: Servers = AnyTrait(help="The ledger.")

    def open(self, viewer: Viewer) -> list[wire.Server]:
        """All open servers, the oldest first; for administrators."""
        need_admin(viewer)
        with self.store.read() as session:
            accounts = self.plans.accounts(session, self.now())
            found = [self.servers.open_of(session, name, account) for name, account in accounts.items()]
        return sorted(
            (server for servers in found for server in servers), key=lambda server: server.requested
        )

    def to_stop(self, viewer: Viewer, server: str) -> tuple[str, str]:
        """Whose server it is, and its name; NotFound for all but its person and administrators."""
        name = need_write(viewer)
        with self.store.read() as session:
            row = session.get(orm.Server, server.replace("\0", ""))
        if row is None or not viewer.acts_for(row.user):
            raise NotFound("There is no such server.", "server_not_found")
        if row.ended is None and row.user != name:
            self.servers.condemn(row.id, BY_ADMIN)
        return row.user, row.name

    def gone(self, user: str, name: str) -> None:
        """Note that the hub has no such server any more; its own report comes a little later."""
        same = orm.Server.user == user, orm.Server.name == name, orm.Server.ended.is_(None)
        with self.store.read() as session:
            ids = session.scalars(select(orm.Server.id).where(*same, orm.Server.started.is_not(None))).all()
        for server in ids:
            self.servers.gone(server)
