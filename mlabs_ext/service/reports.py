"""Reports: what people ask administrators to look at."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session
from traitlets import Float, Integer
from ulid import ULID

from mlabs_ext import wire
from mlabs_ext.errors import NotFound, Unusable
from mlabs_ext.names import split_dataset, split_lab
from mlabs_ext.service import dataset_rows, model_rows, proposal_rows, rates, verdicts
from mlabs_ext.service.comment_rows import find_comment
from mlabs_ext.service.cursors import Sort
from mlabs_ext.service.fields import plain
from mlabs_ext.service.orm_moderation import Report
from mlabs_ext.service.orm_profiles import Profile
from mlabs_ext.service.rules import Rules, find_lab, need_admin, need_write
from mlabs_ext.service.verdicts import Subject
from mlabs_ext.service.viewers import Viewer

NEWEST = Sort("reports", Report.created, Report.id, datetime)


class Reports(Rules):
    """The rules about reports."""

    most = Integer(
        10,
        min=1,
        help="""How many reports a person may send within `c.Reports.within` seconds.

        Default: 10. Example:

            c.Reports.most = 3
        """,
    ).tag(config=True)

    within = Float(
        3600.0,
        help="""The seconds in which a person may send `c.Reports.most` reports.

        Default: 3600, an hour. Example:

            c.Reports.within = 86400
        """,
    ).tag(config=True)

    def send(self, viewer: Viewer, fields: wire.ReportCreate) -> wire.Reported:
        """Report something that the viewer sees; who did so already and waits says the reason anew."""
        user = need_write(viewer)
        reason = plain(fields.reason, "reason").strip()
        if not reason:
            raise Unusable("Say what is wrong with it.", "reason_needed", {"field": "reason"})
        with self.store.write() as session:
            subject = self._subject(session, viewer, fields)
            now = self.now()
            rates.check(session, Report.user, Report.created, user, self.most, self.within, now)
            same = Report.kind == subject.kind, Report.about == subject.about, Report.user == user
            row = session.scalar(select(Report).where(*same, Report.closed.is_(None)))
            if row is None:
                row = Report(id=str(ULID()), user=user, created=now, **subject._asdict())
                session.add(row)
            row.reason = reason
            return wire.Reported(row.id)

    def subject(self, viewer: Viewer, fields: wire.ReportCreate) -> Subject:
        """What would be reported, as the viewer sees it."""
        with self.store.read() as session:
            return self._subject(session, viewer, fields)

    def open(
        self, viewer: Viewer, limit: int = 30, cursor: str | None = None
    ) -> tuple[list[wire.Report], str | None]:
        """The reports that nobody has decided on, newest first; for administrators."""
        need_admin(viewer)
        with self.store.read() as session:
            query = select(Report).where(Report.closed.is_(None))
            rows, following = NEWEST.page(session, query, limit, cursor)
            return [self._shown(row) for row in rows], following

    def dismiss(self, viewer: Viewer, report_id: str, reason: str = "") -> None:
        """Decide that nothing is to be done; all reports about the same are closed with it."""
        need_write(viewer)
        need_admin(viewer)
        with self.store.write() as session:
            row = None if "\0" in report_id else session.get(Report, report_id)
            if row is None:
                raise NotFound("There is no such report.", "report_not_found")
            if row.closed is None:
                subject = Subject(*(getattr(row, field) for field in Subject._fields))
                verdicts.record(session, viewer, verdicts.DISMISSED, subject, reason)

    def _subject(self, session: Session, viewer: Viewer, fields: wire.ReportCreate) -> Subject:
        named = fields.lab, fields.comment, fields.person, fields.model, fields.dataset, fields.proposal
        if named.count(None) != len(named) - 1:
            reason = "Report one thing: a lab, a dataset, a model, a comment, a proposal or a person."
            raise Unusable(reason, "fields_invalid")
        if fields.proposal is not None:
            return verdicts.proposal(proposal_rows.of_id(session, viewer, fields.proposal))
        if fields.model is not None:
            return verdicts.model(model_rows.find(session, viewer, *split_lab(fields.model)))
        if fields.dataset is not None:
            owner, name, _ = split_dataset(fields.dataset)
            return verdicts.dataset(dataset_rows.find(session, viewer, owner, name))
        if fields.lab is not None:
            return verdicts.lab(find_lab(session, viewer, *split_lab(fields.lab)))
        if fields.comment is not None:
            return verdicts.comment(find_comment(session, viewer, fields.comment))
        name = plain(fields.person or "", "person")
        if not name or len(name) > 255:
            raise Unusable("Nobody has such a name.", "fields_invalid", {"field": "person"})
        return verdicts.profile(name, session.get(Profile, name))

    def _shown(self, row: Report) -> wire.Report:
        return wire.Report(
            id=row.id,
            kind=row.kind,
            about=row.about,
            title=row.title,
            owner=row.owner,
            said=row.said,
            user=row.user,
            reason=row.reason,
            created=row.created,
            url=f"{self.addresses.base}{row.path}",
        )
