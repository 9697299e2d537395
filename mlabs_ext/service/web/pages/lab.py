"""A lab's own pages: its latest version, any version, and its forks."""

from __future__ import annotations

import asyncio
from typing import Any

from mlabs_ext.names import split_lab
from mlabs_ext.service import citing, licenses
from mlabs_ext.service.web.formats import lab_path
from mlabs_ext.service.web.kept import KeepingHandler
from mlabs_ext.service.web.pages.base import Page, render_base
from mlabs_ext.service.web.pages.comments import newest
from mlabs_ext.service.web.pages.forms import form_key
from mlabs_ext.service.web.pages.reading import cited, linked_data, outline
from mlabs_ext.service.web.pages.snippets import reproduced, snippet
from mlabs_ext.wire import Lab, Version

VERSIONS, RUNS = 50, 5


class LabPage(KeepingHandler, Page):
    """`BASE/@{owner}/{lab}`, and `…/v/{n}` with a number."""

    async def get(self, owner: str, name: str, number: str | None = None) -> None:
        """Show a version of the lab, its latest by default, or what to do with a draft."""
        lab = await self.run(self.app.labs.get, self.viewer, owner, name)
        wanted = int(number) if number else lab.version
        version = await self.run(self.app.versions.get, self.viewer, owner, name, wanted) if wanted else None
        (versions, _), (runs, _), models = await asyncio.gather(
            self.run(self.app.versions.list, self.viewer, owner, name, VERSIONS, None),
            self.run(self.app.runs.list_of_lab, self.viewer, owner, name, RUNS, None),
            self.run(self.app.modelling.models.of_lab, self.viewer, owner, name),
        )
        # What the outline says is known once there is a document.
        if version and self.app.renderer.cached(version.notebook_sha256) and not self.request.query:
            self.keep(lab.id)
        mine = self.viewer.owns(owner)
        by_link = self.viewer.name is not None and self.viewer.links
        self.page(
            "lab.html",
            **await self.around(lab, version),
            lab=lab,
            render_base=render_base(self.app, lab),
            license_url=lab.license and licenses.address(lab.license),
            version=version,
            versions=versions,
            runs=runs,
            models=models,
            fixed=number is not None,
            mine=mine,
            may_change=self.may_change(lab),
            may_share=self.viewer.can_write and self.viewer.acts_for(lab.owner),
            offered=by_link and await self.run(self.app.shares.offered, self.viewer, owner, name),
            original=mine and version and await self.original(lab),
            pinned=self.may_change(lab) and await self.run(self.app.overview.pinned, lab),
            schedule=mine and await self.run(self.app.schedules.find, self.viewer, owner, name),
            reproduced=reproduced(lab, self.site()),
            verdict=lab.taken_down
            and await self.run(self.app.social.moderation.of_lab, self.viewer, owner, name),
            key=form_key(),
            uses=await self.run(self.app.lab_datasets.list, self.viewer, owner, name),
            talk=await newest(self, lab) if version else None,
            snippets=snippet(lab, self.site(), int(number) if number else None),
        )

    async def around(self, lab: Lab, version: Version | None) -> dict[str, Any]:
        """What the page says of the version beside the notebook; nothing of a draft."""
        if version is None:
            return {"outline": [], "linked_data": None}
        app, base = self.app, self.site()
        about = await app.renderer.about(version.notebook_sha256)
        spec = app.catalogue.described(version.environment)
        names = await self.run(app.social.profiles.names, citing.authors(lab, version))
        document = f"{render_base(app, lab)}{lab_path(lab)}/v/{version.number}?theme=auto"
        return {
            "about": about,
            "outline": outline(about, f"{document}&r={app.renderer.version}"),
            "spec": spec,
            "citations": cited(lab, version, base, names),
            "linked_data": lab.visibility == "public"
            and linked_data(lab, version, base, spec.title if spec else version.environment, names),
        }

    def may_change(self, lab: Lab) -> bool:
        """Whether to offer what those may do who may edit it."""
        return self.viewer.can_write and (self.viewer.acts_for(lab.owner) or lab.access == "edit")

    async def original(self, fork: Lab) -> Lab | None:
        """The lab that a fork is of, where the asker may publish to it."""
        if not (fork.forked_from and fork.forked_from.lab):
            return None
        lab = await self.run(self.app.labs.get, self.viewer, *split_lab(fork.forked_from.lab))
        return lab if self.may_change(lab) else None


class ToOriginalAction(Page):
    """`POST BASE/@{owner}/{lab}/to-original`."""

    async def post(self, owner: str, name: str) -> None:
        """Publish a fork's latest version to the lab that it is of."""
        self.require_user()
        version = await self.run(self.app.versions.to_original, self.viewer, owner, name)
        self.app.ahead.render(version.notebook_sha256)
        self.go(f"{self.app.base_url}{lab_path(version.lab)}")


class ForksPage(Page):
    """`BASE/@{owner}/{lab}/forks`."""

    async def get(self, owner: str, name: str) -> None:
        """Show the tree that this lab belongs to."""
        lab = await self.run(self.app.labs.get, self.viewer, owner, name)
        tree = await self.run(self.app.labs.forks, self.viewer, owner, name)
        self.page("forks.html", lab=lab, tree=tree, here_ref=f"{owner}/{name}")
