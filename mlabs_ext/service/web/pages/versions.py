"""All versions of a lab, newest first."""

from __future__ import annotations

from mlabs_ext.service.web.pages.base import Page
from mlabs_ext.service.web.pages.runs import next_page

PAGE = 50


class VersionsPage(Page):
    """`BASE/@{owner}/{lab}/versions`."""

    async def get(self, owner: str, name: str) -> None:
        """Show them, each with who published it, when, why, and the run that made its outputs."""
        lab = await self.run(self.app.labs.get, self.viewer, owner, name)
        cursor = self.get_query_argument("cursor", None)
        found, following = await self.run(self.app.versions.list, self.viewer, owner, name, PAGE, cursor)
        self.page("versions.html", lab=lab, versions=found, next=next_page(following))
