"""People: what they are here, what they use, and what administrators see of them."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from mlabs_ext import wire
from mlabs_ext.service import orm, storage
from mlabs_ext.service.accounts import KINDS, Account
from mlabs_ext.service.cursors import Sort
from mlabs_ext.service.ledger import HOUR, Period
from mlabs_ext.service.rules import Rules, collaborator, need_admin, need_read
from mlabs_ext.service.servers import Servers
from mlabs_ext.service.storage import OWNER
from mlabs_ext.service.viewers import Viewer

SEEN = Sort("people", orm.Person.seen, orm.Person.name, datetime)


class People(Rules):
    """The rules about people."""

    servers: Servers = collaborator("The ledger.")

    def me(self, viewer: Viewer) -> wire.Me:
        """Who asks, and what is theirs."""
        return self.at_work(viewer)[0]

    def at_work(self, viewer: Viewer) -> tuple[wire.Me, list[wire.Server]]:
        """Who asks, what is theirs, and their open servers, the oldest first."""
        name = need_read(viewer)
        self.plans.note(viewer)
        now = self.now()
        with self.store.read() as session:
            account = self.plans.account(session, name, now, viewer)
            usage = _usage(session, name, account)
            servers = self.servers.open_of(session, name, account)
        end = Period.of(now).end
        me = wire.Me(name=name, admin=viewer.admin, usage=usage, plan=account.plan.shown(), period_end=end)
        return me, servers

    def all(
        self, viewer: Viewer, limit: int = 30, cursor: str | None = None
    ) -> tuple[list[wire.Person], str | None]:
        """Everybody who ever asked for a server or was given a plan, who was here last first."""
        need_admin(viewer)
        with self.store.read() as session:
            rows, following = SEEN.page(session, select(orm.Person), limit, cursor)
            return [self._person(session, row) for row in rows], following

    def give_plan(self, viewer: Viewer, name: str, plan: str | None) -> wire.Person:
        """Give a person a plan, or with None the one of their groups again; for administrators."""
        self.plans.give(viewer, name, plan)
        with self.store.read() as session:
            return self._person(session, session.get_one(orm.Person, name))

    def _person(self, session: Session, row: orm.Person) -> wire.Person:
        account = self.plans.account(session, row.name, self.now())
        return wire.Person(
            name=row.name,
            admin=row.admin,
            groups=row.groups,
            plan=account.plan.shown(),
            override=row.plan,
            usage=_usage(session, row.name, account),
            servers=self.servers.open_of(session, row.name, account),
            seen=row.seen,
        )


def _usage(session: Session, name: str, account: Account) -> wire.Usage:
    labs, runs, running, taken = session.execute(_counts(), {"owner": name}).one()
    return wire.Usage(
        labs=labs,
        # PostgreSQL's sums are decimals.
        runs=int(runs),
        running=running,
        storage_bytes=int(taken),
        **{f"{kind}_hours": getattr(account.used, kind) / HOUR for kind in KINDS},
        servers=len(account.open),
    )


@cache
def _counts() -> Select[*tuple[Any, ...]]:
    """Labs, recorded runs, running ones and bytes of `owner`: asked for all at once, and made once."""
    labs = select(func.count()).where(orm.Lab.owner == OWNER, orm.Lab.deleted.is_(None))
    recorded = select(func.coalesce(func.sum(orm.Lab.recorded), 0)).where(orm.Lab.owner == OWNER)
    runs = select(func.count()).where(orm.Run.user == OWNER)
    running = runs.where(orm.Run.ended.is_(None), orm.Run.status == "running")
    return select(*(each.scalar_subquery() for each in (labs, recorded, running)), storage.taken())
