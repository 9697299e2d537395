"""Plans: what each person may use, by their groups or by an administrator's word."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session
from traitlets import Dict

from mlabs_ext import wire
from mlabs_ext.errors import Forbidden, MLabsError, Unusable
from mlabs_ext.service import ledger, orm, statements, storage
from mlabs_ext.service.accounts import KINDS, Account
from mlabs_ext.service.fields import plain
from mlabs_ext.service.ledger import Used
from mlabs_ext.service.plan_file import Plan, nothing, read, unlimited
from mlabs_ext.service.rules import Rules, need_admin, need_read, need_write
from mlabs_ext.service.viewers import Viewer

# Answers of the hub about sessions are kept for less than this.
BELIEVED = timedelta(minutes=10)


class Runtime(Protocol):
    """What a lab asks for."""

    environment: str
    accelerator: str


class Plans(Rules):
    """The rules about plans."""

    plans = Dict(  # type: ignore[assignment]  # here they are what is configured: other rules ask these
        help="""Plans by name: what people may use, depending on their JupyterHub groups.

        A person's plan is the last one whose `groups` hold a group of theirs; a plan without `groups` is
        everybody's. An administrator may give a person another one. Of each plan:

        - `groups`: whose plan it is; without it, everybody's
        - `cpu_hours`: hours that the person's servers may run in a calendar month (UTC), added up
        - `gpu_hours`: the same for servers with an accelerator, times the accelerators held
        - `community_hours`: the same for servers on machines that others lend (`c.Catalogue.community`)
        - `concurrent_servers`: how many servers may be open at a time, beside those of batch runs
        - `concurrent_runs`: how many batch runs may run at a time; others wait in the queue. 0: none at all
        - `memory`, `cpus`: the most that a server gets, such as "4G" and 2
        - `storage`: what published notebooks, files and datasets may take up, such as "10G"
        - `longest_run`: seconds after which a server is stopped
        - `idle_timeout`: seconds without activity after which a server is stopped
        - `environments`: names of the environments that may be used; without it, all
        - `accelerators`: such as ["none", "gpu", "community"]; without it none, but GPUs where the plan has
          `gpu_hours`, and lent machines where it has `community_hours`

        What is left out is not limited. Default: none, then everything is allowed, and use is recorded all
        the same. Example::

            c.Plans.plans = {
                "free": {"concurrent_servers": 1, "cpu_hours": 40, "memory": "2G", "longest_run": 12 * 3600},
                "pro": {"groups": ["pro"], "concurrent_servers": 3, "gpu_hours": 20, "storage": "10G"},
            }
        """
    ).tag(config=True)

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.known = read(self.plans, self.catalogue)

    def best(self, groups: Collection[str], override: str | None = None) -> Plan:
        """The plan of somebody in these groups."""
        if override in self.known:
            return self.known[override]
        fitting = [plan for plan in self.known.values() if plan.groups is None or plan.groups & set(groups)]
        if fitting:
            return fitting[-1]
        return nothing() if self.known else unlimited()

    def of(self, session: Session, name: str, viewer: Viewer | None = None) -> Plan:
        """A person's plan; by the groups that the hub says they are in now, where they ask themselves."""
        return self._of(session.get(orm.Person, name), name, viewer)

    def _of(self, person: orm.Person | None, name: str, viewer: Viewer | None = None) -> Plan:
        groups: Sequence[str] = person.groups if person else ()
        if viewer and viewer.name == name and viewer.groups is not None:
            groups = viewer.groups
        return self.best(groups, person and person.plan)

    def account(self, session: Session, name: str, now: datetime, viewer: Viewer | None = None) -> Account:
        """A person's plan against what they use."""
        used = ledger.used(session, [name], now)[name]
        return Account(self.of(session, name, viewer), used, ledger.open_servers(session, [name]), now)

    def accounts(
        self, session: Session, now: datetime, users: Collection[str] | None = None
    ) -> dict[str, Account]:
        """The accounts of those of `users`, or of everybody, who have open servers.

        Hours are added up only where the plan counts them.
        """
        servers: dict[str, list[ledger.Open]] = {}
        for server in ledger.open_servers(session, users):
            servers.setdefault(server.user, []).append(server)
        columns = orm.Person.name, orm.Person.groups, orm.Person.plan
        people = session.execute(select(*columns).where(orm.Person.name.in_(servers)))
        plans = {name: self.best(groups, override) for name, groups, override in people}
        hours = ledger.used(session, [name for name, plan in plans.items() if plan.hourly], now)
        return {
            name: Account(plan, hours.get(name, Used()), servers[name], now) for name, plan in plans.items()
        }

    def note(self, viewer: Viewer) -> None:
        """Remember the groups of who asks: a change of plan counts for servers that run already.

        What the hub said lately stays: an older answer of its may still be kept for some session, and no
        server may be stopped for that.
        """
        if viewer.name is None or viewer.groups is None or not self.known:
            return
        said, now = sorted(viewer.groups), self.now()
        with self.store.read() as session:
            person = session.get(orm.Person, viewer.name)
            settled = person is None or person.groups == said or person.seen > now - BELIEVED
        if not settled:
            with self.store.write() as session:
                person = session.get_one(orm.Person, viewer.name, with_for_update=True)
                person.groups, person.seen = said, now

    def refusals(
        self,
        session: Session,
        account: Account,
        name: str,
        environment: str,
        accelerator: str,
        run: str | None = None,
    ) -> Iterator[MLabsError]:
        """All that keeps a person from starting such a server now, what matters most first.

        `run` is the batch run that it is for.
        """
        try:
            spec = self.catalogue.check(environment, accelerator)
        except Unusable as error:
            yield error
            return
        if not account.plan.allows(environment, accelerator):
            what = spec.title if accelerator == "none" else f"{spec.title} with accelerator {accelerator!r}"
            yield self._forbidden(account.plan, what, environment, accelerator)
        yield from account.in_the_way(accelerator, run)
        yield from storage.full(session, account.plan, name)

    def _forbidden(self, plan: Plan, what: str, environment: str, accelerator: str) -> Forbidden:
        others = [other.name for other in self.known.values() if other.allows(environment, accelerator)]
        having = f"It is in the plan {' or '.join(map(repr, others))}" if others else "No plan here has it"
        return Forbidden(
            f"{what} is not in your plan {plan.name!r}. {having}; ask an administrator.",
            "plan_forbids",
            {"plan": plan.name, "plans": others},
        )

    def preflight(self, who: Viewer | str, groups: Iterable[str] | None, lab: Runtime) -> wire.Preflight:
        """Whether this person may start this lab now; nothing is started or reserved.

        `lab` is anything with an `environment` and an `accelerator`. `groups` may be None: then they are the
        ones that the hub said last.
        """
        viewer = who if isinstance(who, Viewer) else Viewer(name=who)
        name = need_read(who) if isinstance(who, Viewer) else who
        if groups is not None:
            viewer = Viewer(name=name, groups=tuple(groups))
        self.note(viewer)
        with self.store.read() as session:
            account = self.account(session, name, self.now(), viewer)
            problems = list(self.refusals(session, account, name, lab.environment, lab.accelerator))
        return wire.Preflight(
            ok=not problems,
            problems=[wire.Problem(problem.code, problem.message) for problem in problems],
            plan=account.plan.name,
            places_left=account.places_left,
            **{f"{kind}_hours_left": account.hours_left(kind) for kind in KINDS},
        )

    def give(self, viewer: Viewer, name: str, plan: str | None) -> None:
        """Give a person a plan whatever their groups say, or with None take that back; for administrators."""
        by = need_admin(viewer) and need_write(viewer)
        plain(name, "name")
        if plan is not None and plan not in self.known:
            there = f"There are: {', '.join(self.known)}." if self.known else "None are configured."
            raise Unusable(f"There is no plan {plan!r:.80}. {there}", "plan_unknown")
        with self.store.write() as session:
            person = statements.kept(session, orm.Person, name=name[:255], seen=self.now())
            before, person.plan = person.plan, plan
        fields = {"audit": "plan", "by": by, "person": name, "before": before, "after": plan}
        self.log.info("%s changed the plan of %s: %s", by, name, plan, extra={"fields": fields})
