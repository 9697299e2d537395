"""Where a secret link leads: its browser is told to remember that, and goes on to the lab's own address."""

from __future__ import annotations

from mlabs_ext.service.web.formats import lab_path
from mlabs_ext.service.web.link_cookie import hold
from mlabs_ext.service.web.pages.base import Page
from mlabs_ext.service.web.pages.datasets import address


class LinkPage(Page):
    """`BASE/s/{secret}`. It changes nothing here: what is remembered is remembered by the browser."""

    def initialize(self) -> None:
        """Forget the address before anything could write it down: an error in a log, a way back."""
        self.request.uri = self.app.base_url

    def set_default_headers(self) -> None:
        """Tell nobody where this came from, and have no copy kept."""
        super().set_default_headers()
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("X-Robots-Tag", "noindex")
        self.set_header("Cache-Control", "private, no-store")

    async def get(self, secret: str) -> None:
        """Go on."""
        found = await self.run(self.app.dataset_shares.open, secret)
        if found is not None:
            hold(self, found.link)
            self.go(address(self, found.owner, found.name))
            return
        link, owner, name = await self.run(self.app.share_links.open, secret)
        hold(self, link)
        self.go(f"{self.app.base_url}{lab_path(f'{owner}/{name}')}")
