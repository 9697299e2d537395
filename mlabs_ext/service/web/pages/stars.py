"""The star of a lab's page."""

from __future__ import annotations

from urllib.parse import quote

from mlabs_ext.service.web.formats import lab_path
from mlabs_ext.service.web.pages.base import Page


class StarAction(Page):
    """`POST BASE/@{owner}/{lab}/star`."""

    async def post(self, owner: str, name: str) -> None:
        """Give or take back, as the button says; whoever was signed out meanwhile signs in and comes back."""
        page = f"{self.app.base_url}{lab_path(f'{owner}/{name}')}"
        if self.viewer.name is None:
            self.go(f"{self.app.base_url}login?next={quote(page, safe='')}")
            return
        stars = self.app.social.stars
        rule = stars.take_back if self.field("do") == "take back" else stars.give
        await self.run(rule, self.viewer, owner, name)
        self.go_on(page)
