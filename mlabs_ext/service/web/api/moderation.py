"""Reports over REST, and what administrators decide."""

from __future__ import annotations

from mlabs_ext import wire
from mlabs_ext.service.web.base import BaseHandler
from mlabs_ext.service.web.operations import LIST_QUERY, Route, operation


class Deciding(BaseHandler):
    """What calls of administrators share."""

    def reason(self) -> str:
        """The reason that the body gives, if there is a body."""
        return self.optional_body(wire.Decision).reason


class TakeDownHandler(Deciding):
    """Whether a lab is taken down."""

    @operation("Why a lab of mine was taken down", answer=wire.Verdict)
    async def get(self, owner: str, lab: str) -> None:
        """Read."""
        self.answer(await self.run(self.app.social.moderation.of_lab, self.viewer, owner, lab))

    @operation(
        "Take a lab down: only its owner and administrators see it then; for administrators",
        body=wire.Decision,
        body_needed=False,
        answer=wire.Verdict,
        access="write",
    )
    async def put(self, owner: str, lab: str) -> None:
        """Take down."""
        self.require_user()
        rule = self.app.social.moderation.take_down
        self.answer(await self.run(rule, self.viewer, owner, lab, self.reason()))

    @operation("Restore a lab that was taken down; for administrators", status=204, access="write")
    async def delete(self, owner: str, lab: str) -> None:
        """Restore."""
        rule = self.app.social.moderation.restore
        await self.run(rule, self.viewer, owner, lab, self.reason())
        self.set_status(204)


class ProfileTakeDownHandler(Deciding):
    """Whether a profile is taken down."""

    @operation("Why my profile was taken down", answer=wire.Verdict, access="read")
    async def get(self, person: str) -> None:
        """Read."""
        self.answer(await self.run(self.app.social.moderation.of_profile, self.viewer, person))

    @operation(
        "Take a profile down; for administrators",
        body=wire.Decision,
        body_needed=False,
        answer=wire.Verdict,
        access="write",
    )
    async def put(self, person: str) -> None:
        """Take down."""
        self.require_user()
        rule = self.app.social.moderation.take_profile_down
        self.answer(await self.run(rule, self.viewer, person, self.reason()))

    @operation("Restore a profile; for administrators", status=204, access="write")
    async def delete(self, person: str) -> None:
        """Restore."""
        await self.run(self.app.social.moderation.restore_profile, self.viewer, person, self.reason())
        self.set_status(204)


class ReportsHandler(BaseHandler):
    """Reports."""

    @operation(
        "The reports that wait, newest first; for administrators",
        answer=list[wire.Report],
        query=LIST_QUERY,
        access="read",
    )
    async def get(self) -> None:
        """List."""
        self.answer_list(*await self.run(self.app.social.reports.open, self.viewer, **self.paging()))

    @operation(
        "Report a lab, a model, a comment or a profile",
        body=wire.ReportCreate,
        answer=wire.Reported,
        status=201,
        access="write",
    )
    async def post(self) -> None:
        """Send."""
        self.require_user()
        fields = self.body(wire.ReportCreate)
        self.answer(await self.run(self.app.social.reports.send, self.viewer, fields), 201)


class DismissHandler(Deciding):
    """A report that leads to nothing."""

    @operation(
        "Close a report, and all others about the same; for administrators",
        body=wire.Decision,
        body_needed=False,
        status=204,
        access="write",
    )
    async def post(self, report: str) -> None:
        """Close."""
        self.require_user()
        await self.run(self.app.social.reports.dismiss, self.viewer, report, self.reason())
        self.set_status(204)


class VerdictsHandler(BaseHandler):
    """The record."""

    @operation(
        "What administrators decided, newest first; for administrators",
        answer=list[wire.Verdict],
        query=LIST_QUERY,
        access="read",
    )
    async def get(self) -> None:
        """List."""
        self.answer_list(*await self.run(self.app.social.moderation.record, self.viewer, **self.paging()))


CALLS = [
    Route("/labs/{owner}/{lab}/takedown", TakeDownHandler),
    Route("/people/{person}/takedown", ProfileTakeDownHandler),
    Route("/reports", ReportsHandler),
    Route("/reports/{report}/dismiss", DismissHandler),
    Route("/verdicts", VerdictsHandler),
]
