"""Proposals over REST."""

from __future__ import annotations

from functools import partial

import msgspec

from mlabs_ext import wire
from mlabs_ext.service.idempotency import Key
from mlabs_ext.service.proposal_lists import Sides
from mlabs_ext.service.web.api.fields import NOTEBOOK
from mlabs_ext.service.web.api.upstream import need_choices
from mlabs_ext.service.web.base import BaseHandler
from mlabs_ext.service.web.headers import raw_headers
from mlabs_ext.service.web.operations import LIST_QUERY, Route, operation

STATES = {"state": "Only `open`, `accepted`, `declined` or `withdrawn` ones."}


async def merged_proposal(
    handler: BaseHandler,
    owner: str,
    lab: str,
    number: int,
    choices: dict[str, wire.MergeChoice] | None = None,
    into: int | None = None,
) -> tuple[Sides, wire.Merged]:
    """Work out what a lab is with what a proposal changes; nothing is stored."""
    handler.costs()
    rule = handler.app.social.proposals.sides
    sides = await handler.run(rule, handler.viewer, owner, lab, number, into)
    return sides, await handler.app.differ.merge(*sides.notebooks, choices)


async def accepted(
    handler: BaseHandler, owner: str, lab: str, number: int, asked: wire.ProposalAccept, key: Key | None
) -> wire.Proposal:
    """Accept a proposal with its merge; Conflict where somebody has to choose yet."""
    app, viewer, at = handler.app, handler.viewer, (owner, lab, number)
    rules = app.social.proposals
    answered = await handler.run(rules.may_accept, viewer, *at, handler.if_match, key)
    if answered is not None:
        return answered
    sides, found = await merged_proposal(handler, *at, asked.choices, asked.into)
    need_choices(found)
    notebook = msgspec.json.encode(found.notebook)
    made = await handler.run(rules.accept, viewer, *at, notebook, sides, asked.answer, key)
    # What is accepted has become a version.
    assert made.merged is not None
    version = await handler.run(app.versions.get, viewer, owner, lab, made.merged)
    app.ahead.render(version.notebook_sha256)
    return made


class ProposalsHandler(BaseHandler):
    """The proposals to a lab."""

    @operation("Proposals to a lab, newest first", answer=list[wire.Proposal], query=STATES | LIST_QUERY)
    async def get(self, owner: str, lab: str) -> None:
        """List."""
        state = self.get_query_argument("state", None)
        rule = self.app.social.proposals.list
        self.answer_list(*await self.run(rule, self.viewer, owner, lab, state, **self.paging()))

    @operation(
        "Propose to a lab what a fork of it changed",
        body=wire.ProposalCreate,
        answer=wire.Proposal,
        status=201,
        access="write",
        idempotent=True,
    )
    async def post(self, owner: str, lab: str) -> None:
        """Propose."""
        self.require_user()
        fields, key = self.body(wire.ProposalCreate), self.idempotency_key()
        made = await self.run(self.app.social.proposals.make, self.viewer, owner, lab, fields, key)
        self.answer(made, 201, location=made.url)


class ProposalHandler(BaseHandler):
    """One proposal."""

    @operation("A proposal, with what was said about it", answer=wire.Proposal)
    async def get(self, owner: str, lab: str, proposal: str) -> None:
        """Read."""
        rule = self.app.social.proposals.get
        found, etag = await self.run(rule, self.viewer, owner, lab, int(proposal))
        self.answer(found, etag=etag)


class ChangesHandler(BaseHandler):
    """What a proposal changes."""

    @operation("What accepting a proposal changes, and what is to be chosen", answer=wire.ProposalChanges)
    async def get(self, owner: str, lab: str, proposal: str) -> None:
        """Merge, and keep nothing."""
        sides, found = await merged_proposal(self, owner, lab, int(proposal))
        self.answer(wire.ProposalChanges(sides.into, found.cells, found.conflicts))


class ProposedHandler(BaseHandler):
    """The notebook that is proposed."""

    @operation("The proposed notebook, as a file", media=NOTEBOOK)
    async def get(self, owner: str, lab: str, proposal: str) -> None:
        """Download."""
        rule = self.app.social.proposals.notebook
        data, digest = await self.run(rule, self.viewer, owner, lab, int(proposal))
        for name, value in raw_headers(NOTEBOOK, f"{lab}-proposal-{int(proposal)}.ipynb", False).items():
            self.set_header(name, value)
        self.etag = f'"{digest}"'
        self.finish(data)


class AcceptHandler(BaseHandler):
    """Yes."""

    @operation(
        "Accept a proposal: merge it into a new version; 409 with the conflicts that are left",
        body=wire.ProposalAccept,
        body_needed=False,
        answer=wire.Proposal,
        access="write",
        idempotent=True,
        conditional=True,
    )
    async def post(self, owner: str, lab: str, proposal: str) -> None:
        """Accept."""
        self.require_user()
        asked = self.optional_body(wire.ProposalAccept)
        self.answer(await accepted(self, owner, lab, int(proposal), asked, self.idempotency_key()))


class EndHandler(BaseHandler):
    """No: the other side's word, or one's own."""

    rule = "decline"

    async def end(self, owner: str, lab: str, proposal: str) -> None:
        """Call the rule."""
        self.require_user()
        asked = self.optional_body(wire.ProposalAnswer)
        rule = getattr(self.app.social.proposals, self.rule)
        ended = partial(rule, self.viewer, owner, lab, int(proposal), asked.answer)
        self.answer(await self.run(ended, self.if_match, self.idempotency_key()))


ENDS = {
    "body": wire.ProposalAnswer,
    "answer": wire.Proposal,
    "access": "write",
    "idempotent": True,
    "conditional": True,
}


class DeclineHandler(EndHandler):
    """Not taken."""

    @operation("Decline a proposal, with a word to its author", **ENDS)
    async def post(self, owner: str, lab: str, proposal: str) -> None:
        """Decline."""
        await self.end(owner, lab, proposal)


class WithdrawHandler(EndHandler):
    """Taken back."""

    rule = "withdraw"

    @operation("Withdraw a proposal of mine", **ENDS)
    async def post(self, owner: str, lab: str, proposal: str) -> None:
        """Withdraw."""
        await self.end(owner, lab, proposal)


class RemarksHandler(BaseHandler):
    """What is said about a proposal."""

    @operation(
        "Say something about a proposal",
        body=wire.RemarkCreate,
        answer=wire.Remark,
        status=201,
        access="write",
        idempotent=True,
    )
    async def post(self, owner: str, lab: str, proposal: str) -> None:
        """Say it."""
        self.require_user()
        text, key = self.body(wire.RemarkCreate).text, self.idempotency_key()
        rule = self.app.social.proposals.say
        self.answer(await self.run(rule, self.viewer, owner, lab, int(proposal), text, key), 201)


class RemarkHandler(BaseHandler):
    """One remark."""

    @operation("Delete a remark of mine, or any on a lab of mine", status=204, access="write")
    async def delete(self, owner: str, lab: str, proposal: str, remark: str) -> None:
        """Delete."""
        self.require_user()
        rule = self.app.social.proposals.unsay
        await self.run(rule, self.viewer, owner, lab, int(proposal), remark)
        self.set_status(204)


ONE = "/labs/{owner}/{lab}/proposals/{proposal}"
CALLS = [
    Route("/labs/{owner}/{lab}/proposals", ProposalsHandler),
    Route(ONE, ProposalHandler),
    Route(f"{ONE}/changes", ChangesHandler),
    Route(f"{ONE}/notebook", ProposedHandler),
    Route(f"{ONE}/accept", AcceptHandler),
    Route(f"{ONE}/decline", DeclineHandler),
    Route(f"{ONE}/withdraw", WithdrawHandler),
    Route(f"{ONE}/remarks", RemarksHandler),
    Route(f"{ONE}/remarks/{{remark}}", RemarkHandler),
]
