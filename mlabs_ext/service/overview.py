"""Servers of everybody: which are open, who may stop them, and what they ran on."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from mlabs_ext import wire
from mlabs_ext.errors import NotFound
from mlabs_ext.service import orm
from mlabs_ext.service.batch_state import BY_ADMIN
from mlabs_ext.service.hub_status import HubStatus
from mlabs_ext.service.rules import Rules, collaborator, need_admin, need_write
from mlabs_ext.service.servers import Servers
from mlabs_ext.service.viewers import Viewer

# So many servers back is an image looked for.
LOOKED_AT = 500


class Overview(Rules):
    """The rules about servers of others."""

    servers: Servers = collaborator("The ledger.")
    hub_status: HubStatus = collaborator("What the hub said.")

    def open(self, viewer: Viewer) -> list[wire.Server]:
        """All open servers, the oldest first; for administrators."""
        need_admin(viewer)
        with self.store.read() as session:
            accounts = self.plans.accounts(session, self.now())
            found = [self.servers.open_of(session, name, account) for name, account in accounts.items()]
        return sorted(
            (server for servers in found for server in servers), key=lambda server: server.requested
        )

    def images(self) -> dict[tuple[str, str], wire.HubImage]:
        """What each environment and accelerator ran on last where nothing pinned it."""
        columns = orm.Server.lab, orm.Server.environment, orm.Server.accelerator, orm.Server.image
        newest = select(*columns).where(orm.Server.image.is_not(None)).order_by(orm.Server.id.desc())
        with self.store.read() as session:
            rows = session.execute(newest.limit(LOOKED_AT)).all()
            pinned = _pinned(session, {row.lab for row in rows})
        found: dict[tuple[str, str], wire.HubImage] = {}
        for row in rows:
            if row.lab not in pinned:
                kind = row.environment, row.accelerator
                found.setdefault(kind, wire.HubImage(*kind, image=row.image))
        return found

    def current_image(self, environment: str, accelerator: str) -> str | None:
        """The image that a lab without one of its own would run on: by the hub's word, else by the ledger."""
        said = self.hub_status.newest().images
        if said is not None:
            by_kind = {(image.environment, image.accelerator): image for image in said}
        else:
            by_kind = self.images()
        found = by_kind.get((environment, accelerator))
        return found.image if found else None

    def pinned(self, lab: wire.Lab) -> bool:
        """Whether the lab runs on another image than a new one with its runtime would, as far as is known."""
        if lab.image is None:
            return False
        return self.current_image(lab.environment, lab.accelerator) != lab.image

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


def _pinned(session: Session, labs: set[str]) -> set[str]:
    """Those of the labs, by reference, that run on the image of their origin."""
    owners = {lab.rpartition("/")[0] for lab in labs}
    query = select(orm.Lab.owner, orm.Lab.name).where(orm.Lab.owner.in_(owners), orm.Lab.image.is_not(None))
    return {f"{owner}/{name}" for owner, name in session.execute(query)}
