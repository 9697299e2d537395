"""What a batch run is after each word about it that is none of its own events: of the hub, of its server."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from mlabs_ext import wire
from mlabs_ext.names import run_of_server, run_server
from mlabs_ext.service import orm, run_state
from mlabs_ext.service.fields import plain
from mlabs_ext.service.orm_batch import Batch
from mlabs_ext.service.times import utc

# Why servers end that an administrator stops; other words of the service's are limits of a plan.
BY_ADMIN = "An administrator stopped it"
NOT_STARTED = "NotStarted"
MAX_TEXT = 2000


def begin(run: orm.Run, fields: wire.RunCreate, now: datetime) -> None:
    """The run's own server says that it begins; said again, or after its end, it changes nothing."""
    if run.closed or run.status == "running":
        return
    run_state.revive(run)
    run.started, run.seen = utc(fields.started), now
    run.environment, run.accelerator = fields.environment[:60], fields.accelerator[:60]
    run.image = fields.image and plain(fields.image, "image")


def end(
    run: orm.Run,
    status: wire.RunStatus,
    reason: wire.RunReason | None,
    now: datetime,
    words: str | None = None,
) -> None:
    """It ends without having said so itself; `words` say why it never began."""
    waited = run.status in ("queued", "starting")
    run.status, run.reason, run.executing = status, reason, None
    if words:
        run.error = {"ename": NOT_STARTED, "evalue": words[:MAX_TEXT], "cell": None}
    run_state.finish(run, now)
    if waited:
        run.duration = 0.0


def again(run: orm.Run, batch: Batch, due: datetime) -> None:
    """Back into the queue, at its old place, for a later try."""
    run.status, batch.due = "queued", due


def wait_at_least(batch: Batch, now: datetime, seconds: float) -> datetime:
    """When the next try is due: later with each, within ten minutes."""
    return now + timedelta(seconds=max(seconds, min(600, 2.0 ** min(batch.tries, 10))))


def server_ended(session: Session, server: orm.Server, condemned: str | None) -> None:
    """A server is gone: if a batch run still counts as running there, it ended with it.

    `condemned` is why the service had it stopped, None where it did not.
    """
    run_id = run_of_server(server.name)
    if run_id is None or server.ended is None or server.started is None:
        return
    wanted = orm.Run.id == run_id, orm.Run.user == server.user, orm.Run.ended.is_(None)
    run = session.scalar(select(orm.Run).where(*wanted).with_for_update())
    if run is not None and run.status in ("starting", "running"):
        status, reason = _verdict(run, server, condemned)
        end(run, status, reason, server.ended)


def _verdict(
    run: orm.Run, server: orm.Server, condemned: str | None
) -> tuple[wire.RunStatus, wire.RunReason]:
    if run.stopping is None and condemned is None and server.reason is not None:
        return "lost", "lost"
    return "stopped", _why_stopped(run, condemned)


def _why_stopped(run: orm.Run, condemned: str | None) -> wire.RunReason:
    return "limit" if run.stopping is None and condemned not in (None, BY_ADMIN) else "stopped"


def explain(session: Session, run: orm.Run) -> None:
    """A batch run that was stopped by the end of its server cannot say why that was; the ledger can."""
    if run.kind != "batch" or run.status != "stopped" or run.reason is not None:
        return
    named = orm.Server.user == run.user, orm.Server.name == run_server(run.id)
    condemned = session.scalar(select(orm.Server.reason).where(*named).order_by(orm.Server.id.desc()))
    run.reason, run.error = _why_stopped(run, condemned), None
