"""For how long the steps of runs are kept: afterwards a run is its row, its metrics and its files."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select, text, tuple_
from sqlalchemy.orm import Session
from traitlets import Integer

from mlabs_ext.errors import NotFound
from mlabs_ext.service import orm
from mlabs_ext.service.rules import Rules

# Runs that are looked at in a round of housekeeping, and steps that one transaction removes.
LOOKED_AT = 500
CLEARED = 50
REMOVED = 2000


class Retention(Rules):
    """The rules about what is removed with time."""

    keep_days = Integer(
        None,
        allow_none=True,
        min=1,
        help="""For how many days after its end the steps of a run are kept: code, outputs, errors.

        Its row stays, with metrics, resources and the files of its `outputs/`; so does all of a run that a
        version names as its own. Default: None, for ever. Example:

            c.Runs.keep_days = 365
        """,
    ).tag(config=True)

    # Up to where the runs were looked at, and when that began.
    _position: tuple[datetime | None, int] | None = None
    _began: datetime | None = None

    def expire(self, now: datetime) -> int:
        """A round of removal; the number of runs whose steps were given up."""
        found = 0 if self.keep_days is None else self._give_up(now, now - timedelta(days=self.keep_days))
        with self.store.read() as session:
            pending = orm.Run.expired.is_not(None), orm.Run.size > 0
            runs = session.execute(select(orm.Run.key, orm.Run.last_seq).where(*pending).limit(CLEARED)).all()
        for key, last in runs:
            self._clear(key, last)
        return found

    def _give_up(self, now: datetime, old: datetime) -> int:
        """Mark the next few old runs; from the start once a day, as some are told of long after their end."""
        if self._began is None or now - self._began > timedelta(days=1):
            self._position, self._began = None, now
        query = select(orm.Run).where(text(orm.KEPT), orm.Run.ended < old)
        place = tuple_(orm.Run.ended, orm.Run.key)
        if self._position is not None:
            query = query.where(place > tuple_(*self._position))
        query = query.order_by(orm.Run.ended, orm.Run.key).limit(LOOKED_AT)
        with self.store.write() as session:
            runs = session.scalars(query.with_for_update(skip_locked=True)).all()
            named = _named(session, [run.id for run in runs])
            unnamed = [run for run in runs if run.id not in named]
            for run in unnamed:
                run.expired = now
            if runs:
                self._position = runs[-1].ended, runs[-1].key
        return len(unnamed)

    def _clear(self, key: int, last: int) -> None:
        """Remove the steps, but for what was logged: a few in each transaction, so that nobody waits."""
        steps = orm.Event.run_key == key, orm.Event.type != "metric"
        for start in range(0, last, REMOVED):
            here = orm.Event.seq > start, orm.Event.seq <= start + REMOVED
            with self.store.write() as session:
                session.execute(delete(orm.Event).where(*steps, *here))
        with self.store.write() as session:
            if run := session.get(orm.Run, key):
                run.size = 0


def _named(session: Session, runs: list[str]) -> set[str | None]:
    """Those that a version names as the run that made its outputs."""
    return set(session.scalars(select(orm.Version.run_id).where(orm.Version.run_id.in_(runs))))


def need_steps(run: orm.Run) -> None:
    """Go on only where the run's steps are here."""
    if run.expired is not None:
        raise NotFound(
            f"The steps and outputs of this run were removed on {run.expired:%d %B %Y}: they are kept for a "
            "time only. Its row, its metrics and its files are still here.",
            "run_expired",
            {"expired": run.expired.isoformat()},
        )
