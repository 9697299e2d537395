"""Batch runs: asked for, checked before anything waits, stopped, and what their servers are told of them."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from traitlets import Integer
from ulid import ULID

from mlabs_ext import notebook as notebooks
from mlabs_ext import parameters, wire
from mlabs_ext.errors import NotFound, TooMany, Unusable
from mlabs_ext.service import batch_state, orm, shown, statements, wanted
from mlabs_ext.service.idempotency import Key, once
from mlabs_ext.service.orm_batch import Batch
from mlabs_ext.service.rules import (
    Rules,
    collaborator,
    find_lab,
    lab_absent,
    need_hub,
    need_read,
    need_write,
    own_lab,
)
from mlabs_ext.service.run_rows import find_run, run_absent, run_row
from mlabs_ext.service.starts import Starts
from mlabs_ext.service.versions import add_run
from mlabs_ext.service.viewers import Viewer
from mlabs_ext.service.wanted import Wanted

# What keeps a run from beginning now, but not from waiting.
PASSING = ("too_many_runs",)


class Draft(NamedTuple):
    """A batch run that may be asked for, and the parameters that its notebook knows."""

    lab: wire.Lab
    base: Wanted
    parameters: list[parameters.Parameter]


class Batches(Rules):
    """The rules about batch runs."""

    starts: Starts = collaborator("What is in the way of a start.")

    max_queued = Integer(
        100,
        help="""How many batch runs of one person may wait at a time; more get a 429.

        Default: 100. Example:

            c.Batches.max_queued = 20
        """,
    ).tag(config=True)

    def request(
        self,
        viewer: Viewer,
        owner: str,
        name: str,
        fields: wire.BatchCreate,
        notebook: bytes | None = None,
        key: Key | None = None,
    ) -> wire.Run:
        """Queue a batch run of a lab of the viewer's own; raises what would keep it from ever beginning."""
        user = need_write(viewer)
        parameters.check(fields.parameters or {})
        snapshot = None if notebook is None else wanted.keep(self.blobs, notebook)

        def make() -> wire.Run:
            lab = own_lab(session, viewer, owner, name)
            if lab.owner != user:
                raise lab_absent(owner, name)
            whole = self._wanted(session, viewer, lab, fields, snapshot)
            run = self.enqueue(session, lab, whole, viewer)
            return shown.run(self.addresses, lab, run)

        with self.store.write() as session:
            return once(session, user, key, wire.Run, make)

    def enqueue(self, session: Session, lab: orm.Lab, order: Wanted, viewer: Viewer | None = None) -> orm.Run:
        """Add a run of the lab's owner's to the queue; raises what would keep it from ever beginning.

        `viewer` is its owner, where they ask themselves.
        """
        user, now, run_id = lab.owner, self.now(), str(ULID())
        self._check(session, user, run_id, order, viewer, now)
        run = orm.Run(
            id=run_id,
            lab_id=lab.id,
            version=order.version,
            user=user,
            kind="batch",
            run_all=True,
            status="queued",
            environment=order.environment,
            accelerator=order.accelerator,
            parameters=order.parameters,
            metrics={},
            started=now,
            seen=now,
            cells=0,
            timeout=order.timeout,
            rerun_of=order.rerun_of,
            scheduled=order.scheduled,
        )
        session.add(run)
        session.flush()
        session.add(Batch(run_key=run.key, notebook=order.notebook, pinned=order.image, queued=now, due=now))
        add_run(lab, run, now)
        session.flush()
        return run

    def _check(
        self,
        session: Session,
        user: str,
        run: str,
        order: Wanted,
        viewer: Viewer | None,
        now: datetime,
    ) -> None:
        """Raise what keeps such a run from ever beginning; the person's requests take turns."""
        self.remember(session, user, viewer, now)
        self.catalogue.check(order.environment, order.accelerator)
        if absent := self.starts.absent(wire.RuntimeChoice(order.environment, order.accelerator)):
            raise Unusable(absent.message, absent.code)
        account = self.plans.account(session, user, now, viewer)
        asked = order.environment, order.accelerator
        for refusal in self.plans.refusals(session, account, user, *asked, run=run):
            if refusal.code not in PASSING:
                raise refusal
        waiting = select(func.count()).where(orm.Run.user == user, orm.Run.status == "queued")
        if (session.scalar(waiting) or 0) >= self.max_queued:
            raise TooMany(
                f"{self.max_queued} of your runs wait already. Stop some of them, or ask again later.",
                "too_many_queued",
                {"retry_after": 60},
            )

    def remember(self, session: Session, user: str, viewer: Viewer | None, now: datetime) -> None:
        """Have a row for the person, by which their requests take turns; groups only where none are known."""
        groups = sorted(viewer.groups or ()) if viewer else []
        insert = statements.insert(session, orm.Person)
        new = insert.values(name=user, admin=bool(viewer and viewer.admin), groups=groups, seen=now)
        session.execute(new.on_conflict_do_nothing())
        session.get(orm.Person, user, with_for_update=True)

    def _wanted(
        self,
        session: Session,
        viewer: Viewer,
        lab: orm.Lab,
        fields: wire.BatchCreate,
        snapshot: wanted.Snapshot | None,
    ) -> Wanted:
        """What the request comes to."""
        if fields.rerun_of is not None:
            run = find_run(session, viewer, fields.rerun_of)
            if run.lab_id != lab.id:
                raise run_absent(run.id)
            base = wanted.of_run(session, lab, run)
        elif snapshot is not None:
            base = wanted.of_snapshot(session, lab, snapshot)
        else:
            base = wanted.of_version(session, lab, fields.version)
        return wanted.adjusted(base, fields)

    def stop(self, viewer: Viewer, run_id: str) -> wire.Run:
        """End a batch run: at once where it has not begun, else soon; one that has ended stays as it is."""
        need_write(viewer)
        now = self.now()
        with self.store.write() as session:
            run = find_run(session, viewer, run_id, lock=True)
            if not viewer.acts_for(run.user):
                raise run_absent(run_id)
            if run.kind != "batch":
                raise Unusable(
                    "This run is one of an open notebook: stop it there (Kernel → Interrupt).",
                    "run_interactive",
                )
            if run.ended is None:
                run.stopping = run.stopping or now
                self._stop_what_waits(session, run, now)
            return shown.run(self.addresses, run.lab, run)

    def _stop_what_waits(self, session: Session, run: orm.Run, now: datetime) -> None:
        if run.status in ("queued", "starting"):
            batch = session.get_one(Batch, run.key)
            # One that was never asked for has no server to be cleared away.
            batch.settled = run.status == "queued" and batch.tries == 0
            batch_state.end(run, "stopped", "stopped", now)
            run.closed = True

    def order(self, viewer: Viewer, run_id: str) -> wire.BatchOrder:
        """What the run's own server executes."""
        with self.store.read() as session:
            run = find_run(session, viewer, run_id)
            batch = session.get(Batch, run.key)
            if batch is None or not viewer.owns(run.user):
                raise run_absent(run_id)
            digest = batch.notebook
            order = wire.BatchOrder(
                id=run.id,
                lab=f"{run.lab.owner}/{run.lab.name}",
                status=run.status,
                stopping=run.stopping is not None,
                notebook="",
                parameters=run.parameters,
                timeout=run.timeout,
                environment=run.environment,
                accelerator=run.accelerator,
            )
        order.notebook = self.blobs.get(digest).decode()
        return order

    def runtime(self, viewer: Viewer, run_id: str) -> wire.BatchRuntime:
        """What the run's server needs; for the hub, and only while the run waits for that server."""
        need_hub(viewer)
        with self.store.read() as session:
            run = run_row(session, run_id)
            batch = run and session.get(Batch, run.key)
            if not (run and batch) or run.status not in ("starting", "running"):
                raise NotFound("There is no run that waits for this server.", "run_not_starting")
            lab = f"{run.lab.owner}/{run.lab.name}"
            return wire.BatchRuntime(run.user, lab, run.environment, run.accelerator, batch.pinned)

    def draft(self, viewer: Viewer, owner: str, name: str, again: str = "") -> Draft:
        """What a form offers to the lab's owner: its latest version, or the run `again` once more."""
        with self.store.read() as session:
            lab = find_lab(session, viewer, owner, name)
            if viewer.name != lab.owner:
                raise lab_absent(owner, name)
            base = self._wanted(session, viewer, lab, wire.BatchCreate(rerun_of=again or None), None)
            shape = shown.lab(session, viewer, self.addresses, lab)
        return Draft(shape, base, parameters.find(notebooks.parse(self.blobs.get(base.notebook))))

    def problems(self, viewer: Viewer, choice: wire.RuntimeChoice) -> list[wire.Problem]:
        """All that would keep a run in this runtime from ever beginning."""
        user = need_read(viewer)
        absent = self.starts.absent(choice)
        with self.store.read() as session:
            account = self.plans.account(session, user, self.now(), viewer)
            asked = choice.environment, choice.accelerator
            refusals = list(self.plans.refusals(session, account, user, *asked, run=""))
        found = [wire.Problem(each.code, each.message) for each in refusals if each.code not in PASSING]
        unknown = any(each.code in ("environment_unknown", "accelerator_unknown") for each in refusals)
        return found if unknown or absent is None else [absent, *found]
