"""Reads what watchers of a run are to see: once for all of them, and only what they have not seen."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mlabs_ext import wire
from mlabs_ext.service import live_text, orm, shown
from mlabs_ext.service.audience import Audience
from mlabs_ext.service.retention import need_steps
from mlabs_ext.service.run_rows import find_run, run_row
from mlabs_ext.service.runs import Runs
from mlabs_ext.service.viewers import Viewer

# A page: few enough bytes that a thousand readers at different places of a long run fit into memory.
PAGE_BYTES = 128 * 1024
PAGE_ROWS = 500
# Where all services tell each other of their watchers.
WATCHING = "mlabs_watching"
# A run that was taken for lost may be heard of again; so long its watchers wait for that.
LOST_FOR = timedelta(minutes=10)


class Page(NamedTuple):
    """Steps of a run, as messages. `first` is the number of the first one, None where there is none."""

    row: orm.Run
    text: bytes
    first: int | None
    upto: int
    full: bool


class Snapshot(NamedTuple):
    """What there is to see of a run after step `seq`."""

    text: bytes
    seq: int


class Feed:
    """Reads the database for `live`."""

    def __init__(self, runs: Runs, audience: Audience):
        self.runs = runs
        self.audience = audience
        self.Error = runs.store.Error

    def find(self, viewer: Viewer, run_id: str) -> orm.Run:
        """The run with its lab, if the viewer may see it."""
        with self.runs.store.read(whole=True) as session:
            row = find_run(session, viewer, run_id)
            need_steps(row)
            return row

    def read(self, run_id: str, after: int, upto: int | None = None) -> Page | None:
        """The steps after `after` and up to `upto`, one page of them; None where the run is no more."""
        with self.runs.store.read(whole=True) as session:
            row = run_row(session, run_id)
            if row is None:
                return None
            last = row.last_seq if upto is None else min(upto, row.last_seq)
            return self._page(session, row, after, last)

    def snapshot(self, run_id: str) -> Snapshot | None:
        """The executed notebook up to the last step; None where the run is no more."""
        with self.runs.store.read(whole=True) as session:
            row = run_row(session, run_id)
            if row is None:
                return None
            notebook = self.runs.executed(session, row)
            return Snapshot(live_text.snapshot(notebook, row.last_seq), row.last_seq)

    def shown(self, row: orm.Run) -> wire.Run:
        """The run as everybody is shown it, but for the number of watchers."""
        return shown.run(self.runs.addresses, row.lab, row)

    def over(self, row: orm.Run) -> bool:
        """Whether nothing more is to be expected of the run."""
        if row.ended is None:
            return False
        return row.closed or row.status != "lost" or self.runs.now() - row.ended > LOST_FOR

    def tell(self, texts: list[bytes]) -> None:
        """Let the other services know of the watchers here."""
        with self.runs.store.write() as session:
            for text in texts:
                session.execute(select(func.pg_notify(WATCHING, text.decode())))

    def _page(self, session: Session, row: orm.Run, after: int, last: int) -> Page:
        if last <= after:
            return Page(row, b"", None, after, False)
        columns = orm.Event.seq, orm.Event.type, orm.Event.time, orm.Event.cell, orm.Event.data
        query = select(*columns).where(
            orm.Event.run_key == row.key, orm.Event.seq > after, orm.Event.seq <= last
        )
        query = query.order_by(orm.Event.seq).limit(PAGE_ROWS)
        texts: list[bytes] = []
        size, first, upto = 0, None, after
        for seq, kind, time, cell, data in session.execute(query.execution_options(yield_per=50)):
            texts.append(live_text.step(seq, kind, time, cell, data))
            first, upto, size = first or seq, seq, size + len(texts[-1])
            if size >= PAGE_BYTES:
                break
        return Page(row, b"".join(texts), first, upto, first is not None and upto < last)
