"""Where a secret link leads: its browser is told to remember that, and goes on to the lab's own address."""

from __future__ import annotations

from mlabs_ext.service.web.formats import lab_path
from mlabs_ext.service.web.link_cookie import hold
from mlabs_ext.service.web.pages.base import Page


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
        link, owner, name = await self.run(self.app.share_links.open, secret)
        hold(self, link)
        self.go(f"{self.app.base_url}{lab_path(f'{owner}/{name}')}")
