"""Runs: registered and told step by step by user servers, kept for good, and derived from what was told."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session
from traitlets import Instance, Integer

from mlabs_ext import wire
from mlabs_ext.errors import Conflict
from mlabs_ext.names import split_lab
from mlabs_ext.service import (
    batch_state,
    changes,
    orm,
    replay,
    run_lists,
    run_metrics,
    run_size,
    run_state,
    shown,
    statements,
)
from mlabs_ext.service.audience import Audience
from mlabs_ext.service.fields import plain
from mlabs_ext.service.retention import Retention, need_steps
from mlabs_ext.service.rules import find_lab, lab_absent, need_read, need_write, recorded_lab
from mlabs_ext.service.run_rows import find_run, run_absent, stored_events
from mlabs_ext.service.times import utc
from mlabs_ext.service.versions import add_run, count_run
from mlabs_ext.service.viewers import Viewer


class Runs(Retention):
    """The rules about runs."""

    audience = Instance(Audience, (), help="Who watches.")

    lost_after = Integer(
        300,
        help="""Seconds without a word from a run's server after which the run counts as lost.

        Servers report at least once a minute. A run that is heard of again goes on. Default: 300. Example:

            c.Runs.lost_after = 900
        """,
    ).tag(config=True)

    max_event_size = Integer(
        4 * 1024**2,
        help="""The largest event in bytes that is recorded; a marker takes the place of a larger output.

        Default: 4 MiB. Example:

            c.Runs.max_event_size = 16 * 1024**2
        """,
    ).tag(config=True)

    max_run_size = Integer(
        256 * 1024**2,
        help="""How many bytes of events are recorded of one run; a marker takes the place of the rest.

        Default: 256 MiB. Example:

            c.Runs.max_run_size = 1024**3
        """,
    ).tag(config=True)

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.listening = self.now()

    def register(self, viewer: Viewer, fields: wire.RunCreate) -> wire.Run:
        """A run begins, on the server of a lab of the viewer's own. The same again changes nothing.

        That server may outlive its lab's way into the trash: the run is there when the lab is restored.
        """
        user = need_write(viewer)
        owner, name = split_lab(fields.lab)
        if owner != user:
            raise lab_absent(owner, name)
        with self.store.write() as session:
            lab = recorded_lab(session, viewer, owner, name)
            run = session.scalar(select(orm.Run).where(orm.Run.id == fields.id))
            if run is None:
                run = self._begin(session, lab, user, fields)
            elif (run.lab_id, run.user) != (lab.id, user):
                raise Conflict("There is another run with this id.", "run_exists")
            elif run.kind == "batch":
                batch_state.begin(run, fields, self.now())
            return shown.run(self.addresses, lab, run)

    def _begin(self, session: Session, lab: orm.Lab, user: str, fields: wire.RunCreate) -> orm.Run:
        run = orm.Run(
            id=fields.id,
            lab_id=lab.id,
            version=self._version(session, lab, fields.id),
            user=user,
            kind=fields.kind,
            run_all=fields.run_all,
            status="running",
            environment=plain(fields.environment, "environment")[:60],
            image=fields.image and plain(fields.image, "image"),
            accelerator=plain(fields.accelerator, "accelerator")[:60],
            parameters=fields.parameters,
            metrics={},
            started=utc(fields.started),
            seen=self.now(),
            cells=0,
        )
        session.add(run)
        add_run(lab, run, self.now())
        session.flush()
        return run

    def _version(self, session: Session, lab: orm.Lab, run_id: str) -> int | None:
        """The version that was published with this run before it was registered, else the latest."""
        published = select(func.max(orm.Version.number)).where(
            orm.Version.run_id == run_id, orm.Version.lab_id == lab.id
        )
        return session.scalar(published) or lab.version or None

    def append(self, viewer: Viewer, run_id: str, events: list[wire.RunEvent]) -> wire.EventsAccepted:
        """Record steps of a run, each once, however often they are sent; none of them if one is missing."""
        user = need_write(viewer)
        with self.store.write() as session:
            run = session.scalar(select(orm.Run).where(orm.Run.id == run_id).with_for_update())
            if run is None or run.user != user:
                raise run_absent(run_id)
            new = self._new(run, events)
            if new:
                need_steps(run)
            if run.ended and not run.closed and not run.expired:
                run_state.revive(run)
            run.seen = self.now()
            if new:
                session.execute(insert(orm.Event.__table__), [self._row(run, event) for event in new])
            if run.closed:
                batch_state.explain(session, run)
            run_metrics.take(session, run, new)
            if run.closed and run.code_sha256 is None:
                run.code_sha256 = replay.code_sha256(stored_events(session, run, only="execute"))
            return wire.EventsAccepted(run.last_seq, self.audience.of(run.id))

    def _new(self, run: orm.Run, events: list[wire.RunEvent]) -> list[wire.RunEvent]:
        """The events that are not recorded yet; Conflict where one before them is missing."""
        new = [event for event in events if event.seq > run.last_seq]
        for expected, event in enumerate(new, run.last_seq + 1):
            if event.seq != expected:
                reason = f"Event {expected} is missing: send it before event {event.seq}."
                raise Conflict(reason, "events_gap", {"expected": run.last_seq + 1})
        return new

    def _row(self, run: orm.Run, event: wire.RunEvent) -> dict[str, Any]:
        run_state.follow(run, event)
        data = msgspec.json.encode(event.data if event.type != "packages" else run_metrics.digested(event))
        data = run_size.recorded(run, event, data, self.max_event_size, self.max_run_size)
        return {
            "run_key": run.key,
            "seq": event.seq,
            "type": event.type,
            "time": utc(event.time),
            "cell": event.cell,
            "data": data,
        }

    def get(self, viewer: Viewer, run_id: str) -> wire.Run:
        """One run."""
        with self.store.read() as session:
            run = find_run(session, viewer, run_id)
            return self._shown(run.lab, run)

    def list_of_lab(
        self,
        viewer: Viewer,
        owner: str,
        name: str,
        limit: int = 30,
        cursor: str | None = None,
        **filters: Any,
    ) -> tuple[list[wire.Run], str | None]:
        """A lab's runs, newest first: those of a version, and for the owner the others too.

        `filters`: status, kind, environment, since, until.
        """
        with self.store.read() as session:
            lab = find_lab(session, viewer, owner, name)
            scope = run_lists.of_lab(lab, shown=not viewer.acts_for(lab.owner))
            rows, following = run_lists.page(session, scope, limit, cursor, **filters)
            return [self._shown(lab, row) for row in rows], following

    def list_of_user(
        self, viewer: Viewer, limit: int = 30, cursor: str | None = None, **filters: Any
    ) -> tuple[list[wire.Run], str | None]:
        """The viewer's own runs, newest first. `filters` as of a lab, and `lab`: owner/name."""
        with self.store.read() as session:
            scope = self._own(session, viewer, filters.pop("lab", None))
            rows, following = run_lists.page(session, scope, limit, cursor, **filters)
            return [self._shown(row.lab, row) for row in rows], following

    def totals_of_user(self, viewer: Viewer, **filters: Any) -> wire.RunTotals:
        """How many runs of the viewer's own there are."""
        with self.store.read() as session:
            scope = self._own(session, viewer, filters.pop("lab", None))
            return run_lists.totals(session, scope, **filters)

    def _own(self, session: Session, viewer: Viewer, lab: str | None) -> run_lists.Scope:
        user = need_read(viewer)
        if lab is None:
            return run_lists.of_user(user)
        return run_lists.of_lab(find_lab(session, viewer, *split_lab(lab)), user=user)

    def events(self, viewer: Viewer, run_id: str, after: int = 0, limit: int = 1000) -> list[wire.RunEvent]:
        """A run's events after the sequence number `after`, in order."""
        with self.store.read(whole=True) as session:
            run = find_run(session, viewer, run_id)
            need_steps(run)
            return list(stored_events(session, run, after=min(after, 2**62), limit=limit))

    def notebook(self, viewer: Viewer, run_id: str) -> bytes:
        """The executed notebook, rebuilt from the events."""
        with self.store.read(whole=True) as session:
            return self.executed(session, find_run(session, viewer, run_id))

    def executed(self, session: Session, run: orm.Run) -> bytes:
        """The executed notebook as of the run's row, with its lab loaded."""
        need_steps(run)
        lab = f"{run.lab.owner}/{run.lab.name}"
        own = {"environment": run.environment, "accelerator": run.accelerator, "lab": lab}
        return replay.rebuild(stored_events(session, run, upto=run.last_seq), {"mlabs": own})

    def raised_in(self, viewer: Viewer, run: wire.Run) -> int | None:
        """Which cell of the executed notebook raised, from 1; None where no cell is known to have."""
        if run.error is None or run.error.cell is None or run.expired:
            return None
        cells = msgspec.json.decode(self.notebook(viewer, run.id))["cells"]
        ids = [cell["id"] for cell in cells]
        return ids.index(run.error.cell) + 1 if run.error.cell in ids else None

    def delete(self, viewer: Viewer, run_id: str) -> None:
        """Forget a run and all its events."""
        need_write(viewer)
        with self.store.write() as session:
            run = find_run(session, viewer, run_id)
            if not viewer.acts_for(run.user):
                raise run_absent(run_id)
            if run.kind == "batch" and run.status in ("starting", "running"):
                raise Conflict("This run still goes on: stop it first, then delete it.", "run_open")
            # Its counts are changed by others too; and of two who delete the run one counts.
            session.refresh(run.lab, with_for_update=True)
            changes.note(session, f"run:{run.id}")
            if not statements.changed(session, delete(orm.Run).where(orm.Run.key == run.key)):
                raise run_absent(run_id)
            run.lab.recorded -= 1
            if run.version is not None:
                count_run(run.lab, -1)

    def sweep(self, now: datetime) -> int:
        """Mark the runs as lost that were silent for `lost_after` while we listened; their number."""
        old = now - timedelta(seconds=self.lost_after)
        if self.listening > old:
            return 0
        silent = select(orm.Run).where(
            orm.Run.ended.is_(None), orm.Run.status == "running", orm.Run.seen < old
        )
        with self.store.write() as session:
            lost = session.scalars(silent.with_for_update()).all()
            for run in lost:
                batch_state.end(run, "lost", "lost", run.seen)
            return len(lost)

    def _shown(self, lab: orm.Lab, run: orm.Run) -> wire.Run:
        return shown.run(self.addresses, lab, run, self.audience.of(run.id))
