"""What the hub says about itself: accelerators, the queue for them, warm containers, built images."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET
from sqlalchemy import select
from sqlalchemy.orm import Session

from mlabs_ext import wire
from mlabs_ext.errors import Forbidden
from mlabs_ext.service import orm, statements
from mlabs_ext.service.rules import Rules
from mlabs_ext.service.times import utc
from mlabs_ext.service.viewers import Viewer

PARTS: dict[str, Any] = {
    "gpus": list[wire.HubGpu],
    "queue": list[wire.HubWaiting],
    "waits": wire.HubWaits,
    "warm": list[wire.HubWarm],
    "images": list[wire.HubImage],
    "lent": list[wire.HubLent],
}


class HubStatus(Rules):
    """The rules about the hub's word. It is in the database, since the service may be several processes."""

    def put(self, viewer: Viewer, report: wire.HubReport) -> wire.HubStatus:
        """Keep what the hub says; each part for itself, as different parts of the hub may report them."""
        if not viewer.hub:
            raise Forbidden("This needs a token with the scope custom:mlabs:hub.", "scope_missing")
        at = self.now() if report.at is None else utc(report.at)
        said = {part: getattr(report, part) for part in PARTS}
        with self.store.write() as session:
            for part, value in said.items():
                if value is not UNSET:
                    keep(session, part, at, msgspec.to_builtins(value))
        return self.newest()

    def get(self, viewer: Viewer) -> wire.HubStatus:
        """What the hub said last; for administrators."""
        if not (viewer.hub or (viewer.admin and viewer.can_read)):
            raise Forbidden("Only administrators may see this.", "admin_required")
        return self.newest()

    def newest(self) -> wire.HubStatus:
        """The same, for the service's own numbers and pages."""
        with self.store.read() as session:
            rows = {row.part: row for row in session.scalars(select(orm.HubPart)) if row.part in PARTS}
        said = {part: msgspec.convert(row.said, PARTS[part]) for part, row in rows.items()}
        return wire.HubStatus(**said, said={part: row.at for part, row in rows.items()})


def keep(session: Session, part: str, at: datetime, said: Any) -> None:
    """Put one part in the place of what was said of it before."""
    new = statements.insert(session, orm.HubPart).values(part=part, at=at, said=said)
    session.execute(new.on_conflict_do_update(index_elements=["part"], set_={"at": at, "said": said}))
