"""What schedules begin: what is due, once, whoever looks, and what becomes of a schedule whose runs fail.

A time is taken by moving the schedule on to its next one, in the transaction that queues the run. So several
processes begin it once, and times that went by while none was there are one run.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session
from traitlets import Float, Integer

from mlabs_ext.errors import MLabsError, TooMany
from mlabs_ext.service import cron, endings, orm, reproduced, schedules, statements
from mlabs_ext.service.batch_state import NOT_STARTED
from mlabs_ext.service.batches import Batches
from mlabs_ext.service.orm_schedule import Schedule
from mlabs_ext.service.rules import Rules, collaborator
from mlabs_ext.service.wanted import Wanted

LOOKED_AT = 100
IN_TRASH = "The lab was in the trash when it was to run."
GOES_ON = "It was skipped: the run before still went on."
MAX_TEXT = 2000
# What runs end by that have no error of their own, in words.
ENDS = {
    **endings.WHY,
    "limit": "the plan does not let servers run longer",
    "lost": "its server went away",
}


class ScheduleQueue(Rules):
    """The rules about what schedules begin."""

    batches: Batches = collaborator("Batch runs.")

    max_failures = Integer(
        5,
        help="""How many times in a row a schedule may fail, or not be let begin, before it pauses itself.

        Default: 5. Example:

            c.ScheduleQueue.max_failures = 2
        """,
    ).tag(config=True)

    interval = Float(
        5.0,
        help="""Seconds between two looks at what is due.

        Default: 5. Example:

            c.ScheduleQueue.interval = 30
        """,
    ).tag(config=True)

    def due(self) -> list[tuple[str, datetime]]:
        """The labs that are to run now, and the times that they were to; the oldest first."""
        columns = Schedule.lab_id, Schedule.next
        now = select(*columns).where(Schedule.next <= self.now()).order_by(Schedule.next).limit(LOOKED_AT)
        with self.store.read() as session:
            return [(lab, at) for lab, at in session.execute(now) if at is not None]

    def begin(self, lab_id: str, at: datetime) -> str | None:
        """Take the time `at` of a lab's schedule; the run that was queued for it, None where none was."""
        with self.store.write() as session:
            # Labs are locked before all that belongs to them, here as in all rules.
            lab = session.get(orm.Lab, lab_id, with_for_update=True)
            row = lab and self._claim(session, lab, at)
            if not (lab and row):
                return None
            self._heed(session, row)
            if row.paused:
                return None
            if lab.deleted is not None:
                self._pause(row, IN_TRASH)
                return None
            if row.run is not None:
                _note(row, at, GOES_ON)
                return None
            return self._start(session, lab, row, at)

    def _claim(self, session: Session, lab: orm.Lab, at: datetime) -> Schedule | None:
        """The schedule, moved on, if nobody else took this time."""
        row = session.get(Schedule, lab.id)
        if row is None:
            return None
        try:
            following = cron.read(row.cron, row.timezone).after(self.now())[0]
        except MLabsError as error:
            # A zone may be given up between two releases of the zones' database.
            self._pause(row, error.message)
            return None
        taken = update(Schedule).where(Schedule.lab_id == lab.id, Schedule.next == at)
        if not statements.changed(session, taken.values(next=following)):
            return None
        session.refresh(row)
        return row

    def _start(self, session: Session, lab: orm.Lab, row: Schedule, at: datetime) -> str | None:
        try:
            run = self.batches.enqueue(session, lab, _order(session, lab, row))
        except TooMany as error:
            _note(row, at, f"It was skipped. {error.message}")
            return None
        except MLabsError as error:
            _note(row, at, error.message)
            self._failed(row, error.message)
            return None
        row.run = row.last = run.id
        row.note = row.noted = None
        return run.id

    def settle(self) -> None:
        """Take note of how the runs ended that schedules began."""
        over = select(Schedule.lab_id).outerjoin(orm.Run, orm.Run.id == Schedule.run)
        over = over.where(Schedule.run.is_not(None), or_(orm.Run.key.is_(None), orm.Run.ended.is_not(None)))
        with self.store.read() as session:
            labs = session.scalars(over.limit(LOOKED_AT)).all()
        for lab in labs:
            with self.store.write() as session:
                if row := session.get(Schedule, lab, with_for_update=True):
                    self._heed(session, row)

    def _heed(self, session: Session, row: Schedule) -> None:
        """Count the end of the run that it began, once; one that was deleted or stopped counts as nothing."""
        run = row.run and session.scalar(select(orm.Run).where(orm.Run.id == row.run))
        if run and run.ended is None:
            return
        row.run = None
        if run and run.status == "succeeded":
            row.failures = 0
        elif run and (run.status in ("failed", "lost") or run.reason == "limit"):
            self._failed(row, _why(run))

    def _failed(self, row: Schedule, why: str) -> None:
        row.failures += 1
        if row.failures >= self.max_failures and not row.paused:
            times = "once" if row.failures == 1 else f"{row.failures} times in a row"
            self._pause(row, f"It failed {times}. The last time: {why}")

    def _pause(self, row: Schedule, reason: str) -> None:
        row.paused, row.reason, row.next = self.now(), reason[:MAX_TEXT], None
        self.log.info("The schedule of lab %s is paused: %s", row.lab_id, reason)


def _note(row: Schedule, at: datetime, words: str) -> None:
    row.note, row.noted = words[:MAX_TEXT], at


def _why(run: orm.Run) -> str:
    """What made a run fail, in a line."""
    error: dict[str, Any] = run.error or {}
    if error.get("ename") == NOT_STARTED:
        return str(error["evalue"])
    if error:
        return f"{error['ename']}: {error['evalue']}".removesuffix(": ")
    return ENDS.get(run.reason or "", f"it {run.status}") + "."


def _order(session: Session, lab: orm.Lab, row: Schedule) -> Wanted:
    """What it runs now, in the image that it asks for.

    It repeats the run whose image it takes where it is given the same parameters.
    """
    order = replace(schedules.order(session, lab, row), scheduled=True)
    if row.image == "current":
        return replace(order, image=None)
    source = reproduced.source(session, lab, order)
    if source is None:
        return order
    again = source.id if source.parameters == order.parameters else None
    return replace(order, image=source.image, rerun_of=again)
