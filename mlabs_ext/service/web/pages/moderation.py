"""Reporting something, and the administrators' list of what was reported and what became of it."""

from __future__ import annotations

from functools import partial
from typing import Any

from mlabs_ext import wire
from mlabs_ext.errors import BadInput
from mlabs_ext.names import split_lab
from mlabs_ext.service.web.pages.admin import AdminOnly
from mlabs_ext.service.web.pages.base import Page, shaped
from mlabs_ext.service.web.pages.runs import next_page

PAGE = 30
KINDS = ("lab", "comment", "person", "dataset", "model", "proposal")


class ReportPage(Page):
    """`BASE/report?lab=`, `?model=`, `?comment=` or `?person=`."""

    async def get(self) -> None:
        """Ask what is wrong with it."""
        self.require_user()
        await self.ask()

    async def post(self) -> None:
        """Send it, and say that it has arrived."""
        self.require_user()
        if await self.attempt(self.send(), self.ask):
            await self.ask(done=True)

    async def send(self) -> wire.Reported:
        """Call the rule with what the form gives."""
        return await self.run(self.app.social.reports.send, self.viewer, self.about(self.field("reason")))

    async def ask(self, problem: str = "", status: int = 200, done: bool = False) -> None:
        """Show what would be reported, and the form."""
        subject = await self.run(self.app.social.reports.subject, self.viewer, self.about("-"))
        given = {kind: self.get_argument(kind, "") for kind in KINDS}
        self.page(
            "report.html",
            status,
            subject=subject,
            given={kind: value for kind, value in given.items() if value},
            reason=self.get_body_argument("reason", ""),
            problem=problem,
            done=done,
        )

    def about(self, reason: str) -> wire.ReportCreate:
        """What the address or the form names."""
        given = {kind: self.get_argument(kind, "") for kind in KINDS}
        return shaped(wire.ReportCreate, {"reason": reason} | {k: v for k, v in given.items() if v})


class ReportsPage(AdminOnly):
    """`BASE/admin/reports`."""

    async def get(self) -> None:
        """Show what waits, and what was decided."""
        cursor, before = self.get_query_argument("cursor", None), self.get_query_argument("before", None)
        social = self.app.social
        reports, following = await self.run(social.reports.open, self.viewer, PAGE, cursor)
        record, earlier = await self.run(social.moderation.record, self.viewer, PAGE, before)
        self.page(
            "reports.html",
            reports=reports,
            next=next_page(following),
            record=record,
            earlier=earlier and (next_page(earlier) or "").replace("cursor=", "before="),
        )


class DecideAction(AdminOnly):
    """`POST BASE/admin/decide`."""

    async def post(self) -> None:
        """Take down, restore or dismiss, as the pressed button says."""
        what = self.field("do")
        rule = {"take down": self.take_down, "restore": self.restore, "dismiss": self.dismiss}.get(what)
        if rule is None:
            raise BadInput("Something is taken down, restored or dismissed.", "form_invalid")
        await rule(self.field("about"), self.field("reason"))
        self.go_on(f"{self.app.base_url}admin/reports")

    async def take_down(self, about: str, reason: str) -> None:
        """Keep it from others."""
        moderation, comments = self.app.social.moderation, self.app.social.comments
        models = self.app.modelling.moderation
        await self.of_kind(
            {
                "model": lambda: partial(models.take_down, self.viewer, *split_lab(about), reason),
                "lab": lambda: partial(moderation.take_down, self.viewer, *split_lab(about), reason),
                "comment": lambda: partial(comments.hide, self.viewer, about, reason),
                "proposal": lambda: partial(self.app.social.proposals.take_down, self.viewer, about, reason),
                "profile": lambda: partial(moderation.take_profile_down, self.viewer, about, reason),
                "dataset": lambda: partial(
                    moderation.take_dataset_down, self.viewer, *split_lab(about), reason
                ),
            }
        )

    async def restore(self, about: str, reason: str) -> None:
        """Show it again."""
        moderation, comments = self.app.social.moderation, self.app.social.comments
        models = self.app.modelling.moderation
        await self.of_kind(
            {
                "model": lambda: partial(models.restore, self.viewer, *split_lab(about), reason),
                "lab": lambda: partial(moderation.restore, self.viewer, *split_lab(about), reason),
                "comment": lambda: partial(comments.unhide, self.viewer, about, reason),
                "proposal": lambda: partial(self.app.social.proposals.restore, self.viewer, about, reason),
                "profile": lambda: partial(moderation.restore_profile, self.viewer, about, reason),
                "dataset": lambda: partial(
                    moderation.restore_dataset, self.viewer, *split_lab(about), reason
                ),
            }
        )

    async def dismiss(self, about: str, reason: str) -> None:
        """Decide that nothing is to be done about a report."""
        await self.run(self.app.social.reports.dismiss, self.viewer, about, reason)

    async def of_kind(self, rules: dict[str, Any]) -> None:
        """Call the rule of the kind that the form names."""
        rule = rules.get(self.field("kind"))
        if rule is None:
            raise BadInput(
                "It is a lab, a dataset, a model, a comment, a proposal or a profile.", "form_invalid"
            )
        await self.run(rule())
