"""A fork's page about its original: what is new there, what differs, and how it is taken in."""

from __future__ import annotations

from functools import partial

from mlabs_ext import wire
from mlabs_ext.errors import NotFound
from mlabs_ext.names import split_lab
from mlabs_ext.service.web.api.upstream import compared_with_upstream, merged, pulled
from mlabs_ext.service.web.formats import lab_path
from mlabs_ext.service.web.pages.base import Page, render_base, shaped
from mlabs_ext.service.web.pages.compare import FRAMES
from mlabs_ext.service.web.pages.forms import form_key, sent_once
from mlabs_ext.service.web.pages.merging import choices_of, numbers_of


class UpstreamPage(Page):
    """`BASE/@{owner}/{lab}/upstream`."""

    async def get(self, owner: str, name: str) -> None:
        """Show what is new, and to who may change the fork what taking it in would change."""
        await self.ask(owner, name)

    async def ask(
        self,
        owner: str,
        name: str,
        problem: str = "",
        status: int = 200,
        choices: dict[str, wire.MergeChoice] | None = None,
    ) -> None:
        """Show the page with what was chosen."""
        lab = await self.run(self.app.labs.get, self.viewer, owner, name)
        found = await self.run(self.app.upstreams.get, self.viewer, owner, name)
        may = self.viewer.can_write and (self.viewer.acts_for(owner) or lab.access == "edit")
        sides, merge = await merged(self, owner, name) if may and found.new else (None, None)
        self.page(
            "upstream.html",
            status,
            lab=lab,
            upstream=found,
            may=may,
            sides=sides,
            merge=merge,
            choices=choices or {},
            proposal=await self.run(self.app.social.proposals.of_fork, self.viewer, owner, name),
            key=form_key(),
            problem=problem,
        )

    async def post(self, owner: str, name: str) -> None:
        """Take it in."""
        self.require_user()
        choices = choices_of(self)
        fields = numbers_of(self, "version", "into")
        asked = shaped(wire.PullRequest, {"choices": choices, **fields})
        said = [f"{id} {choice.take} {choice.source}" for id, choice in choices.items()]
        key = sent_once(self, owner, name, *(f"{field} {n}" for field, n in fields.items()), *said)
        again = partial(self.ask, owner, name, choices=choices)
        made = await self.attempt(pulled(self, owner, name, asked, key), again)
        if made:
            self.go(f"{self.app.base_url}{lab_path(f'{owner}/{name}')}")


class UpstreamComparePage(Page):
    """`BASE/@{owner}/{lab}/upstream/compare`."""

    async def get(self, owner: str, name: str) -> None:
        """Show what differs."""
        lab = await self.run(self.app.labs.get, self.viewer, owner, name)
        found = await compared_with_upstream(self, owner, name)
        assert found.a.version is not None
        original = await self.run(self.app.labs.get, self.viewer, *split_lab(found.a.version.lab))
        # Where one of them is not for everybody, nor is what is shown of it.
        hidden = next((one for one in (original, lab) if one.visibility == "private"), lab)
        self.page(
            "compare.html",
            lab=lab,
            found=found,
            changed=[cell for cell in found.cells if cell.change != "same"],
            frames=FRAMES,
            render_base=render_base(self.app, hidden),
        )


class ProposePage(Page):
    """`BASE/@{owner}/{lab}/propose`."""

    async def get(self, owner: str, name: str) -> None:
        """Ask what it is."""
        self.require_user()
        await self.ask(*await self.proposable(owner, name))

    async def ask(self, lab: wire.Lab, found: wire.Upstream, problem: str = "", status: int = 200) -> None:
        """Show the form with what was entered."""
        rule = self.app.social.proposals.of_fork
        self.page(
            "propose.html",
            status,
            lab=lab,
            upstream=found,
            proposal=await self.run(rule, self.viewer, lab.owner, lab.name),
            form={"title": "", "message": ""} | self.given("title", "message"),
            key=form_key(),
            problem=problem,
        )

    async def post(self, owner: str, name: str) -> None:
        """Propose."""
        self.require_user()
        lab, found = await self.proposable(owner, name)
        made = await self.attempt(self.propose(lab, found), partial(self.ask, lab, found))
        if made:
            self.go(f"{self.app.base_url}{lab_path(made.lab)}/proposals/{made.number}")

    async def propose(self, lab: wire.Lab, found: wire.Upstream) -> wire.Proposal:
        """Call the rule with what the form gives."""
        given, source = self.given("title", "message"), f"{lab.owner}/{lab.name}"
        fields = shaped(wire.ProposalCreate, {"source": source, "version": lab.version, "title": "", **given})
        key = sent_once(self, source, *given.values())
        make = self.app.social.proposals.make
        return await self.run(make, self.viewer, *split_lab(found.lab), fields, key)

    async def proposable(self, owner: str, name: str) -> tuple[wire.Lab, wire.Upstream]:
        """The fork and its original where the asker may change the fork."""
        lab = await self.run(self.app.labs.get, self.viewer, owner, name)
        if not self.viewer.acts_for(owner) and lab.access != "edit":
            raise NotFound("There is nothing at this address.")
        return lab, await self.run(self.app.upstreams.get, self.viewer, owner, name)
