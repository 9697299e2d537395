"""The ledger of servers: who gets a place for one, when it ran, and when it has to be stopped."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session
from traitlets import Float, Integer

from mlabs_ext import wire
from mlabs_ext.errors import Conflict, NotFound
from mlabs_ext.names import run_of_server, split_lab
from mlabs_ext.service import batch_state, ledger, orm, server_state, statements
from mlabs_ext.service.accounts import Account
from mlabs_ext.service.fields import plain
from mlabs_ext.service.ledger import End, Open
from mlabs_ext.service.plans import Plans
from mlabs_ext.service.rules import Rules, need_hub, need_read
from mlabs_ext.service.server_state import Measured
from mlabs_ext.service.viewers import Viewer

# The hub says every ten seconds what is there: one of the same name that it left out so long is not.
SILENT = timedelta(seconds=30)


class Overdue(NamedTuple):
    """A server that runs though its time is over."""

    id: str
    user: str
    name: str
    reason: str


class Servers(Rules):
    """The rules about servers. The hub reports; people read their own."""

    lost_after = Integer(
        300,
        help="""Seconds without a word from the hub after which a server counts as gone, or a place that was
        kept for one is free again.

        Its time then ends with the last word. One that the hub names again goes on. Default: 300. Example:

            c.Servers.lost_after = 900
        """,
    ).tag(config=True)

    plans: Plans

    check_interval = Float(
        5,
        help="""Seconds between two looks for servers whose time is over; they are stopped so late at most.

        Default: 5. Example:

            c.Servers.check_interval = 30
        """,
    ).tag(config=True)

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.listening = self.now()

    def reserve(self, viewer: Viewer, fields: wire.ServerCreate) -> wire.Grant:
        """A place for a server, or the reason why there is none; a person's requests take turns."""
        need_hub(viewer)
        split_lab(fields.lab)
        for name in ("user", "lab", "server", "environment", "accelerator"):
            plain(getattr(fields, name), name)
        now = self.now()
        with self.store.write() as session:
            self._remember(session, fields, now)
            row = self._known(session, fields)
            if row is None or row.ended is not None:
                row = self._admit(session, fields, now, row)
            account = self.plans.account(session, fields.user, now)
            return _grant(account, row)

    def _remember(self, session: Session, fields: wire.ServerCreate, now: datetime) -> None:
        """Keep what the hub says of the person; PostgreSQL lets others who want their row wait."""
        said = {"admin": fields.admin, "groups": sorted(fields.groups), "seen": now}
        insert = statements.insert(session, orm.Person).values(name=fields.user, **said)
        session.execute(insert.on_conflict_do_update(index_elements=["user_name"], set_=said))

    def _known(self, session: Session, fields: wire.ServerCreate) -> orm.Server | None:
        """The row of a request that is repeated."""
        row = session.get(orm.Server, fields.id)
        if row and (row.user, row.name) != (fields.user, fields.server):
            raise Conflict("There is another server with this id.", "server_exists")
        if row and (row.closed or row.reason == server_state.REPLACED):
            raise Conflict("This server has ended; ask with a new id.", "server_ended")
        return row

    def _admit(
        self, session: Session, fields: wire.ServerCreate, now: datetime, row: orm.Server | None
    ) -> orm.Server:
        self._replace(session, fields, now)
        account = self.plans.account(session, fields.user, now)
        asked = fields.environment, fields.accelerator
        run = run_of_server(fields.server)
        for refusal in self.plans.refusals(session, account, fields.user, *asked, run=run):
            raise refusal
        if row is None:
            row = server_state.begin(fields, account.plan, now)
            session.add(row)
        else:
            server_state.revive(row, now)
        session.flush()
        return row

    def _replace(self, session: Session, fields: wire.ServerCreate, now: datetime) -> None:
        """A server is started once at a time: what is still open under its name is gone."""
        same = select(orm.Server).where(
            orm.Server.user == fields.user,
            orm.Server.name == fields.server,
            orm.Server.ended.is_(None),
            orm.Server.id != fields.id,
            or_(orm.Server.started.is_not(None), orm.Server.seen < now - SILENT),
        )
        for row in session.scalars(same.with_for_update()):
            server_state.conclude(row, server_state.REPLACED)
        session.flush()

    def change(self, viewer: Viewer, server: str, fields: wire.ServerChange) -> wire.Server:
        """Note what became of a server; the first word on each thing counts."""
        need_hub(viewer)
        now = self.now()
        with self.store.write() as session:
            row = self._find(session, server)
            condemned = row.reason
            server_state.follow(row, fields, now)
            batch_state.server_ended(session, row, condemned)
            session.flush()
            account = self.plans.account(session, row.user, now)
            return _shown(account, row)

    def _find(self, session: Session, server: str) -> orm.Server:
        query = select(orm.Server).where(orm.Server.id == server.replace("\0", ""))
        row = session.scalar(query.with_for_update())
        if row is None:
            raise NotFound(f"There is no server {server!r:.60}.", "server_not_found")
        return row

    def alive(self, viewer: Viewer, ids: list[str]) -> list[wire.ServerEnd]:
        """Note that these servers are there, and say when each has to end; unknown ids are left out."""
        need_hub(viewer)
        now = self.now()
        columns = orm.Server.id, orm.Server.user, orm.Server.ended, orm.Server.closed, orm.Server.reason
        named = select(*columns).where(orm.Server.id.in_(ids))
        there = update(orm.Server).where(orm.Server.id.in_(ids), orm.Server.ended.is_(None))
        with self.store.write() as session:
            session.execute(there.values(seen=now), execution_options={"synchronize_session": False})
            rows = session.execute(named).all()
            lost = [row.id for row in rows if row.ended is not None and not row.closed]
            if lost:
                self._find_again(session, lost, now)
                rows = session.execute(named).all()
            ends = self._ends(session, now, {row.user for row in rows if row.ended is None})
        return [_end(row, ends.get(row.id)) for row in rows]

    def _find_again(self, session: Session, ids: list[str], now: datetime) -> None:
        """Servers that were taken for gone are there."""
        for row in session.scalars(select(orm.Server).where(orm.Server.id.in_(ids)).with_for_update()):
            if not row.closed:
                server_state.revive(row, now)
        session.flush()

    def mine(self, viewer: Viewer) -> list[wire.Server]:
        """The viewer's open servers, the oldest first."""
        name = need_read(viewer)
        self.plans.note(viewer)
        with self.store.read() as session:
            return self.open_of(session, name, self.plans.account(session, name, self.now()))

    def open_of(self, session: Session, name: str, account: Account) -> list[wire.Server]:
        """A person's open servers, the oldest first."""
        if not account.open:
            return []
        query = select(orm.Server).where(orm.Server.user == name, orm.Server.ended.is_(None))
        rows = session.scalars(query.order_by(orm.Server.requested, orm.Server.id))
        return [_shown(account, row) for row in rows]

    def _ends(
        self, session: Session, now: datetime, users: Collection[str] | None = None
    ) -> dict[str, tuple[Open, End]]:
        """The open servers that have to end, by id."""
        if not self.plans.known:
            return {}
        found = {}
        for account in self.plans.accounts(session, now, users).values():
            for server in account.open if account.plan.ends else ():
                end = account.end(server)
                if end is not None:
                    found[server.id] = server, end
        return found

    def overdue(self) -> list[Overdue]:
        """The servers whose time is over."""
        now = self.now()
        with self.store.read() as session:
            ends = self._ends(session, now).values()
        return [
            Overdue(server.id, server.user, server.name, server.reason or end.reason)
            for server, end in ends
            if server.started is not None and end.moment <= now
        ]

    def condemn(self, server: str, reason: str) -> bool:
        """Note why a server is to be stopped; whether it is still open."""
        with self.store.write() as session:
            row = self._find(session, server)
            row.reason = row.reason or reason
            return row.ended is None

    def gone(self, server: str) -> None:
        """The hub says that a server is not there; when exactly it ended, the hub's report tells."""
        with self.store.write() as session:
            row = self._find(session, server)
            if row.ended is None:
                row.ended = max(self.now(), row.started or row.requested)
                batch_state.server_ended(session, row, row.reason)

    def sweep(self, now: datetime) -> int:
        """End what nothing was heard of for `lost_after`; the number of servers.

        Nothing could be heard while nobody listened: that time does not count.
        """
        old = now - timedelta(seconds=self.lost_after)
        if self.listening > old:
            return 0
        silent = select(orm.Server).where(orm.Server.ended.is_(None), orm.Server.seen < old)
        with self.store.write() as session:
            rows = session.scalars(silent.with_for_update(skip_locked=True)).all()
            for row in rows:
                condemned = row.reason
                server_state.conclude(row, server_state.LOST if row.started else server_state.RELEASED)
                batch_state.server_ended(session, row, condemned)
            return len(rows)

    def measure(self) -> Measured:
        """What the metrics tell."""
        kind = orm.Server.environment, orm.Server.accelerator
        query = select(*kind, func.count()).where(orm.Server.ended.is_(None)).group_by(*kind)
        with self.store.read() as session:
            found = {(environment, held): count for environment, held, count in session.execute(query)}
            used = ledger.used_by_all(session, self.now())
        return Measured(found, *(one / ledger.HOUR for one in used))


def _grant(account: Account, row: orm.Server) -> wire.Grant:
    limits = account.plan.limits
    others = [server for server in account.open if server.id != row.id]
    begun = _open(row)._replace(started=row.started or account.now)
    end = replace(account, open=[*others, begun]).end(begun)
    return wire.Grant(
        id=row.id,
        plan=account.plan.name,
        memory=limits.memory,
        cpus=limits.cpus,
        idle_timeout=limits.idle_timeout,
        ends=end and end.moment,
    )


def _open(row: orm.Server) -> Open:
    return Open(*(getattr(row, field) for field in Open._fields))


def _end(row: Any, found: tuple[Open, End] | None) -> wire.ServerEnd:
    if row.ended is not None:
        return wire.ServerEnd(row.id, row.ended, row.reason)
    if found is None:
        return wire.ServerEnd(row.id, None, row.reason)
    return wire.ServerEnd(row.id, found[1].moment, row.reason or found[1].reason)


def _shown(account: Account, row: orm.Server) -> wire.Server:
    """A server as its person and the hub see it."""
    end = account.end(_open(row)) if row.ended is None else None
    return wire.Server(
        id=row.id,
        user=row.user,
        server=row.name,
        lab=row.lab,
        environment=row.environment,
        accelerator=row.accelerator,
        image=row.image,
        plan=row.plan,
        requested=row.requested,
        started=row.started,
        ended=row.ended,
        ends=end and end.moment,
        reason=row.reason or (end and end.reason),
    )
