"""The queue of batch runs: which begin now, and what became of those that were to begin or have ended.

A run goes from `queued` to `starting`, when one process has claimed it, and to `running`, when its own server
says so. Every step looks again at what the row says, so that several processes and restarts do no harm.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Select, or_, select, text
from sqlalchemy.orm import Session
from traitlets import Float, Integer

from mlabs_ext.names import run_server
from mlabs_ext.service import batch_state, orm, turns
from mlabs_ext.service.orm_batch import Batch
from mlabs_ext.service.rules import Rules
from mlabs_ext.service.run_lists import with_labs

LOOKED_AT = 1000
GOING = ("starting", "running")
IN_TRASH = "The lab was put into the trash before its run began."
GAVE_UP = "Its server did not begin, {tries} times in a row. Run it again, or ask an administrator why."
# A server that nothing is heard of may be cut off only: it is not stopped before this.
CUT_OFF = timedelta(hours=1)


class Place(NamedTuple):
    """A run and the server that it has, or is to have."""

    run: str
    user: str
    lab: str

    @property
    def server(self) -> str:
        """The server's name."""
        return run_server(self.run)

    @property
    def options(self) -> dict[str, str]:
        """What the server is started with."""
        return {"lab": self.lab, "run": self.run}


class BatchQueue(Rules):
    """The rules about what begins when."""

    max_running = Integer(
        None,
        allow_none=True,
        help="""How many batch runs of all people together may run at a time; the others wait.

        A person's own limit is `concurrent_runs` of their plan. Default: none; `jupyterhub_config.py` sets
        the number of processors where servers run on the hub's machine. Example:

            c.BatchQueue.max_running = 8
        """,
    ).tag(config=True)

    interval = Float(
        1.0,
        help="""Seconds between two looks at the queue.

        Default: 1. Example:

            c.BatchQueue.interval = 5
        """,
    ).tag(config=True)

    alive_within = Float(
        300,
        help="""Seconds within which a run has to begin once its server is up; else it counts as lost.

        Default: 300. Example:

            c.BatchQueue.alive_within = 900
        """,
    ).tag(config=True)

    stop_patience = Float(
        60,
        help="""Seconds for a run that was asked to stop to end by itself; then its server is stopped.

        Default: 60. Example:

            c.BatchQueue.stop_patience = 15
        """,
    ).tag(config=True)

    linger = Float(
        1,
        help="""Seconds for a server to end by itself after its run; then the hub is asked to stop it.

        Default: 1. Example:

            c.BatchQueue.linger = 60
        """,
    ).tag(config=True)

    max_tries = Integer(
        5,
        help="""How often the hub is asked for a run's server when it says that it cannot now, or does not say
        why there is none. Having no place free does not count.

        Default: 5. Example:

            c.BatchQueue.max_tries = 20
        """,
    ).tag(config=True)

    def rests(self) -> bool:
        """Whether nothing waits, goes on or is to be cleared away: one look instead of five."""
        with self.store.read() as session:
            return session.scalar(select(Batch.run_key).where(text("NOT settled")).limit(1)) is None

    def claim(self) -> list[Place]:
        """Take the runs that begin now out of the queue: of each person's the oldest, fairly among people."""
        now = self.now()
        with self.store.read() as session:
            if next(self._next(session, now), None) is None:
                return []
        with self.store.write() as session:
            # One process at a time counts what runs.
            turns.take(session, "batch queue")
            return [self._begin(run, batch, now) for run, batch in self._next(session, now, lock=True)]

    def _next(self, session: Session, now: datetime, lock: bool = False) -> Iterator[tuple[orm.Run, Batch]]:
        """The runs that may begin; first comes who has the fewest going."""
        waiting = self._waiting(session, now, lock)
        if not waiting:
            return
        ids = self._going(session)
        going = Counter({user: len(runs) for user, runs in ids.items()})
        room = LOOKED_AT if self.max_running is None else self.max_running - going.total()
        accounts = {user: self.plans.account(session, user, now) for user in waiting} if room > 0 else {}
        left = {user: account.runs_left(ids.get(user, set())) for user, account in accounts.items()}
        while room > 0 and (able := [user for user in waiting if waiting[user] and left[user] != 0]):
            user = min(able, key=lambda user: (going[user], waiting[user][0][1].queued))
            yield waiting[user].pop(0)
            room, going[user] = room - 1, going[user] + 1
            if (runs := left[user]) is not None:
                left[user] = runs - 1

    def _going(self, session: Session) -> dict[str, set[str]]:
        """The runs that each person has going."""
        open_ones = select(orm.Run.user, orm.Run.id).where(
            orm.Run.ended.is_(None), orm.Run.kind == "batch", orm.Run.status.in_(GOING)
        )
        found: dict[str, set[str]] = {}
        for user, run in session.execute(open_ones):
            found.setdefault(user, set()).add(run)
        return found

    def _waiting(self, session: Session, now: datetime, lock: bool) -> dict[str, list[tuple[orm.Run, Batch]]]:
        """What waits and is due, by person, the oldest first."""
        query = _rows().where(orm.Run.status == "queued", Batch.due <= now)
        if lock:
            query = query.with_for_update(of=(orm.Run, Batch), skip_locked=True)
        found: dict[str, list[tuple[orm.Run, Batch]]] = {}
        for run, batch in session.execute(query.order_by(Batch.queued, orm.Run.id).limit(LOOKED_AT)):
            found.setdefault(run.user, []).append((run, batch))
        return found

    def _begin(self, run: orm.Run, batch: Batch, now: datetime) -> Place:
        run.status, run.seen, batch.due = "starting", now, now
        batch.tries += 1
        return _place(run)

    def starting(self) -> list[Place]:
        """The runs that some process has claimed and whose server has not begun."""
        return self._places(orm.Run.status == "starting")

    def is_starting(self, run: str) -> bool:
        """Whether the run still waits for its server."""
        with self.store.read() as session:
            return session.scalar(select(orm.Run.status).where(orm.Run.id == run)) == "starting"

    def again(self, run: str, seconds: float = 0, counts: bool = True, words: str = "") -> None:
        """The hub cannot start it now, as `words` say: it waits on. `counts`: that many times only."""
        with self.store.write() as session:
            found = self._starting(session, run)
            if found is None:
                return
            row, batch = found
            if counts and batch.tries >= self.max_tries:
                self._never(row, f"{GAVE_UP.format(tries=batch.tries)} {words}".strip())
                return
            batch_state.again(row, batch, batch_state.wait_at_least(batch, self.now(), seconds))
            batch.tries -= 0 if counts else 1

    def refused(self, run: str, words: str) -> None:
        """The hub does not start it, and says why."""
        with self.store.write() as session:
            if found := self._starting(session, run):
                self._never(found[0], words)

    def _never(self, run: orm.Run, words: str) -> None:
        batch_state.end(run, "failed", None, self.now(), words)
        run.closed = True

    def lost(self, run: str) -> None:
        """Its server is there, but nothing is heard of it."""
        with self.store.write() as session:
            if found := self._starting(session, run):
                batch_state.end(found[0], "lost", "lost", self.now())

    def drop_deleted(self) -> None:
        """End what waits in labs that are in the trash."""
        deleted = _rows().where(orm.Run.status == "queued", orm.Lab.deleted.is_not(None))
        with self.store.read() as session:
            if session.execute(deleted.limit(1)).first() is None:
                return
        with self.store.write() as session:
            for run, batch in session.execute(deleted.with_for_update(of=(orm.Run, Batch))).all():
                batch_state.end(run, "stopped", "stopped", self.now(), IN_TRASH)
                run.closed = batch.settled = True

    def unresponsive(self) -> list[Place]:
        """The runs that were asked to stop and do not."""
        old = self.now() - timedelta(seconds=self.stop_patience)
        return self._places(orm.Run.status == "running", orm.Run.stopping < old)

    def ended(self) -> list[Place]:
        """The runs that have ended and whose server is not known to be gone."""
        now = self.now()
        heard = or_(orm.Run.status != "lost", orm.Run.seen < now - CUT_OFF)
        return self._places(orm.Run.ended < now - timedelta(seconds=self.linger), heard)

    def settle(self, run: str) -> None:
        """Its server is gone, and nothing is left to be done."""
        with self.store.write() as session:
            row = session.scalar(select(orm.Run).where(orm.Run.id == run))
            batch = row and session.get(Batch, row.key)
            # One that was heard of again has a server again.
            if row and batch and row.ended is not None:
                batch.settled = True

    def _places(self, *conditions: Any) -> list[Place]:
        with self.store.read() as session:
            found = session.execute(_rows().where(*conditions).order_by(Batch.queued).limit(LOOKED_AT))
            return [_place(run) for run, _ in found]

    def _starting(self, session: Session, run: str) -> tuple[orm.Run, Batch] | None:
        query = _rows().where(orm.Run.id == run, orm.Run.status == "starting")
        row = session.execute(query.with_for_update(of=(orm.Run, Batch))).first()
        return row and (row[0], row[1])


def _rows() -> Select[*tuple[Any, ...]]:
    """Unsettled batch runs with their labs."""
    query = select(orm.Run, Batch).join(Batch, Batch.run_key == orm.Run.key)
    return with_labs(query).where(text("NOT settled"))


def _place(run: orm.Run) -> Place:
    return Place(run.id, run.user, f"{run.lab.owner}/{run.lab.name}")
