"""Reading the record of who did what, and forgetting what is old; `recording.py` writes it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Select, delete, select
from traitlets import Bool, Integer

from mlabs_ext import wire
from mlabs_ext.service.cursors import Sort
from mlabs_ext.service.orm_audit import Act
from mlabs_ext.service.rules import Rules, need_admin
from mlabs_ext.service.viewers import Viewer

NEWEST = Sort("acts", Act.at, Act.id, datetime)


class Audits(Rules):
    """The rules about the record."""

    keep_days = Integer(
        365,
        min=0,
        help="""For how many days the record of who did what is kept; 0: for good.

        Default: 365. Example:

            c.Audits.keep_days = 90
        """,
    ).tag(config=True)

    keep_addresses = Bool(
        False,
        help="""Whether the record says from which network address something was done.

        Addresses are personal data: say so to your users. Default: False. Example:

            c.Audits.keep_addresses = True
        """,
    ).tag(config=True)

    def list(
        self, viewer: Viewer, fields: wire.AuditQuery, limit: int = 30, cursor: str | None = None
    ) -> tuple[list[wire.AuditEntry], str | None]:
        """What was done, newest first; for administrators."""
        need_admin(viewer)
        with self.store.read() as session:
            rows, following = NEWEST.page(session, _wanted(fields), limit, cursor)
            return [_shown(row) for row in rows], following

    def forget(self, now: datetime) -> None:
        """Remove what is older than it is kept."""
        if self.keep_days:
            with self.store.write() as session:
                session.execute(delete(Act).where(Act.at < now - timedelta(days=self.keep_days)))


def _wanted(fields: wire.AuditQuery) -> Select[Act]:
    query = select(Act)
    for name in ("actor", "action", "kind", "about", "request"):
        said = getattr(fields, name).strip().replace("\0", "")
        if said:
            query = query.where(getattr(Act, name) == said)
    if fields.since:
        query = query.where(Act.at >= fields.since)
    if fields.until:
        query = query.where(Act.at < fields.until)
    return query


def _shown(row: Act) -> wire.AuditEntry:
    names = ("id", "at", "action", "kind", "about", "detail")
    said = {name: getattr(row, name) for name in names}
    return wire.AuditEntry(**said, actor=row.actor or None, request=row.request or None, address=row.address)
