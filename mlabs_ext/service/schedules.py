"""Schedules: set by a lab's owner, paused, resumed and removed. What they begin is `schedule_queue.py`'s."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from traitlets import Float, Integer

from mlabs_ext import parameters, wire
from mlabs_ext.errors import Forbidden, NotFound, TooMany, Unusable
from mlabs_ext.service import cron, orm, shown, wanted
from mlabs_ext.service.accounts import spoken
from mlabs_ext.service.batches import Batches
from mlabs_ext.service.orm_schedule import Schedule
from mlabs_ext.service.rules import Rules, collaborator, find_lab, lab_absent, need_write, own_lab
from mlabs_ext.service.viewers import Viewer
from mlabs_ext.service.wanted import Wanted

SHOWN = 3


class Schedules(Rules):
    """The rules about schedules."""

    batches: Batches = collaborator("Batch runs.")

    min_interval = Float(
        3600,
        help="""Seconds that two runs of one schedule are apart at least; closer ones are refused.

        Default: 3600, an hour. Example:

            c.Schedules.min_interval = 15 * 60
        """,
    ).tag(config=True)

    max_per_person = Integer(
        20,
        help="""How many of a person's labs may have a schedule; more get a 429.

        Default: 20. Example:

            c.Schedules.max_per_person = 5
        """,
    ).tag(config=True)

    def get(self, viewer: Viewer, owner: str, name: str) -> wire.Schedule:
        """A lab's schedule; for who acts for its owner."""
        if found := self.find(viewer, owner, name):
            return found
        raise _none(owner, name)

    def find(self, viewer: Viewer, owner: str, name: str) -> wire.Schedule | None:
        """The same, or None where it has none."""
        with self.store.read() as session:
            lab = find_lab(session, viewer, owner, name)
            if not viewer.acts_for(lab.owner):
                raise lab_absent(owner, name)
            row = session.get(Schedule, lab.id)
            return row and self._shown(session, lab, row)

    def set(self, viewer: Viewer, owner: str, name: str, fields: wire.ScheduleChange) -> wire.Schedule:
        """Set when the viewer's own lab runs; raises what would keep such runs from ever beginning."""
        user, now = need_write(viewer), self.now()
        parameters.check(fields.parameters or {})
        times = self._times(fields)
        with self.store.write() as session:
            lab = own_lab(session, viewer, owner, name)
            if lab.owner != user:
                raise lab_absent(owner, name)
            self.batches.remember(session, user, viewer, now)
            self._check(session, viewer, order(session, lab, fields), now)
            row = self._row(session, lab, now)
            row.cron, row.timezone, row.image = times.expression, fields.timezone, fields.image
            row.environment, row.accelerator = fields.environment, fields.accelerator
            row.parameters, row.timeout = fields.parameters, fields.timeout
            self._go_on(row, now, fields.paused)
            session.flush()
            return self._shown(session, lab, row)

    def pause(self, viewer: Viewer, owner: str, name: str, paused: bool = True) -> wire.Schedule:
        """Keep it from running, or let it go on with a clean slate."""
        need_write(viewer)
        with self.store.write() as session:
            lab, row = self._found(session, viewer, owner, name)
            if paused or lab.owner == viewer.name:
                self._go_on(row, self.now(), paused)
                return self._shown(session, lab, row)
        raise Forbidden(f"Only {owner} can let it go on, as it runs on their account.", "owner_required")

    def delete(self, viewer: Viewer, owner: str, name: str) -> None:
        """Forget it; a run that it began goes on."""
        need_write(viewer)
        with self.store.write() as session:
            session.delete(self._found(session, viewer, owner, name)[1])

    def _found(self, session: Session, viewer: Viewer, owner: str, name: str) -> tuple[orm.Lab, Schedule]:
        lab = own_lab(session, viewer, owner, name)
        row = session.get(Schedule, lab.id, with_for_update=True)
        if row is None:
            raise _none(owner, name)
        return lab, row

    def _row(self, session: Session, lab: orm.Lab, now: datetime) -> Schedule:
        """The lab's row, new where its owner may have one more."""
        row = session.get(Schedule, lab.id, with_for_update=True)
        if row is None:
            there = select(func.count()).select_from(Schedule).join(orm.Lab, orm.Lab.id == Schedule.lab_id)
            if (session.scalar(there.where(orm.Lab.owner == lab.owner)) or 0) >= self.max_per_person:
                raise TooMany(
                    f"{self.max_per_person} of your labs have a schedule already, those in the trash "
                    "included. Remove one first.",
                    "too_many_schedules",
                )
            row = Schedule(lab_id=lab.id, created=now)
            session.add(row)
        return row

    def _go_on(self, row: Schedule, now: datetime, paused: bool) -> None:
        """As after a change of its owner's: what was said about it before is over."""
        row.updated, row.reason, row.note, row.noted, row.failures = now, None, None, None, 0
        row.paused = now if paused else None
        row.next = None if paused else cron.read(row.cron, row.timezone).after(now)[0]

    def _times(self, fields: wire.ScheduleChange) -> cron.Cron:
        times = cron.read(fields.cron, fields.timezone)
        if times.closer_than(self.min_interval):
            raise Unusable(
                f"{times.expression!r} runs too often: there must be at least {spoken(self.min_interval)} "
                "between two runs. `0 * * * *` is once an hour, `0 6 * * *` once a day.",
                "schedule_too_often",
                {"field": "cron", "min_interval": self.min_interval},
            )
        return times

    def _check(self, session: Session, viewer: Viewer, wish: Wanted, now: datetime) -> None:
        """Raise what would keep it from running at any time; what passes by itself may come and go."""
        user, asked = need_write(viewer), (wish.environment, wish.accelerator)
        account = self.plans.account(session, user, now, viewer)
        for refusal in self.plans.refusals(session, account, user, *asked, run=""):
            if isinstance(refusal, Forbidden | Unusable):
                raise refusal
        if absent := self.batches.starts.absent(wire.RuntimeChoice(*asked)):
            raise Unusable(absent.message, absent.code)

    def _shown(self, session: Session, lab: orm.Lab, row: Schedule) -> wire.Schedule:
        upcoming: list[datetime] = []
        if row.next is not None:
            times = cron.read(row.cron, row.timezone)
            upcoming = [row.next, *times.after(max(row.next, self.now()), SHOWN - 1)]
        run = row.last and session.scalar(select(orm.Run).where(orm.Run.id == row.last))
        return wire.Schedule(
            lab=f"{lab.owner}/{lab.name}",
            cron=row.cron,
            timezone=row.timezone,
            image=row.image,
            environment=row.environment,
            accelerator=row.accelerator,
            parameters=row.parameters,
            timeout=row.timeout,
            next=row.next,
            upcoming=upcoming,
            paused=row.paused,
            reason=row.reason,
            failures=row.failures,
            note=row.note,
            noted=row.noted,
            last=shown.run(self.addresses, lab, run) if run else None,
            created=row.created,
            updated=row.updated,
        )


def order(session: Session, lab: orm.Lab, fields: wire.ScheduleChange | Schedule) -> Wanted:
    """The lab's latest version as the schedule has it run, but for the image."""
    changed = wire.BatchCreate(
        parameters=fields.parameters,
        environment=fields.environment,
        accelerator=fields.accelerator,
        timeout=fields.timeout,
    )
    return wanted.adjusted(wanted.of_version(session, lab, None), changed)


def _none(owner: str, name: str) -> NotFound:
    return NotFound(f"{owner}/{name} has no schedule. PUT one to this address.", "schedule_not_found")
