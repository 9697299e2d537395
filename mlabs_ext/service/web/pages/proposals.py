"""Proposals to a lab: their list, and the page on which one is talked about and decided."""

from __future__ import annotations

from functools import partial

from mlabs_ext import wire
from mlabs_ext.errors import BadInput
from mlabs_ext.service.web.api.proposals import accepted, merged_proposal
from mlabs_ext.service.web.formats import lab_path
from mlabs_ext.service.web.pages.base import Page, shaped
from mlabs_ext.service.web.pages.forms import form_key, sent_once
from mlabs_ext.service.web.pages.merging import choices_of, numbers_of
from mlabs_ext.service.web.pages.runs import next_page

PAGE = 30
STATES = [("open", "Open"), ("accepted", "Accepted"), ("declined", "Declined"), ("withdrawn", "Withdrawn")]


class ProposalsPage(Page):
    """`BASE/@{owner}/{lab}/proposals`."""

    async def get(self, owner: str, name: str) -> None:
        """List those that wait, or those of another state."""
        lab = await self.run(self.app.labs.get, self.viewer, owner, name)
        state = self.get_query_argument("state", "open")
        state = state if state in dict(STATES) else "open"
        cursor = self.get_query_argument("cursor", None)
        rule = self.app.social.proposals.list
        found, following = await self.run(rule, self.viewer, owner, name, state, PAGE, cursor)
        self.page(
            "proposals.html", lab=lab, proposals=found, next=next_page(following), state=state, states=STATES
        )


class ProposalPage(Page):
    """`BASE/@{owner}/{lab}/proposals/{n}`."""

    async def get(self, owner: str, name: str, number: str) -> None:
        """Show it."""
        await self.ask(owner, name, int(number))

    async def ask(
        self,
        owner: str,
        name: str,
        number: int,
        problem: str = "",
        status: int = 200,
        choices: dict[str, wire.MergeChoice] | None = None,
    ) -> None:
        """Show what it changes, what was said, and to who decides the forms by which they do."""
        lab = await self.run(self.app.labs.get, self.viewer, owner, name)
        proposal, _ = await self.run(self.app.social.proposals.get, self.viewer, owner, name, number)
        decides = self.viewer.can_write and (self.viewer.acts_for(owner) or lab.access == "edit")
        about = self.app.telling.notifications.unread_proposal
        sides, merge = None, None
        if proposal.state == "open":
            sides, merge = await merged_proposal(self, owner, name, number)
        self.page(
            "proposal.html",
            status,
            lab=lab,
            proposal=proposal,
            decides=decides,
            news=await self.run(about, self.viewer, proposal.id) if self.unread else None,
            author=self.viewer.can_write and self.viewer.name == proposal.user,
            sides=sides,
            merge=merge,
            choices=choices or {},
            form={"answer": "", "text": ""} | self.given("answer", "text"),
            key=form_key(),
            problem=problem,
        )

    async def post(self, owner: str, name: str, number: str) -> None:
        """Do what the pressed button says."""
        self.require_user()
        at = owner, name, int(number)
        choices = choices_of(self)
        again = partial(self.ask, *at, choices=choices)
        if await self.attempt(self.do(at, choices), again):
            self.go(f"{self.app.base_url}{lab_path(f'{owner}/{name}')}/proposals/{int(number)}")

    async def do(self, at: tuple[str, str, int], choices: dict[str, wire.MergeChoice]) -> bool:
        """Accept, decline, withdraw, say something, or take that back."""
        pressed, rules = self.field("do"), self.app.social.proposals
        said = [self.field(name) for name in ("do", "text", "answer", "into")]
        key = sent_once(self, at[0], at[1], str(at[2]), *said, *map(str, choices.items()))
        if pressed == "accept":
            fields = {"choices": choices, "answer": self.field("answer"), **numbers_of(self, "into")}
            await accepted(self, *at, shaped(wire.ProposalAccept, fields), key)
        elif pressed in ("decline", "withdraw"):
            answer = shaped(wire.ProposalAnswer, {"answer": self.field("answer")}).answer
            rule = rules.decline if pressed == "decline" else rules.withdraw
            await self.run(rule, self.viewer, *at, answer, None, key)
        elif pressed == "say":
            text = shaped(wire.RemarkCreate, {"text": self.field("text")}).text
            await self.run(rules.say, self.viewer, *at, text, key)
        elif pressed == "unsay":
            await self.run(rules.unsay, self.viewer, *at, self.field("remark"))
        else:
            raise BadInput("A proposal is accepted, declined, withdrawn or talked about.", "form_invalid")
        return True
