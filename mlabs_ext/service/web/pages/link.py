"""Where a secret link leads: its browser is told to remember that, and goes on to what it is of."""

from __future__ import annotations

from mlabs_ext.service.linking import dead_end
from mlabs_ext.service.web.formats import segment
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
        app = self.app
        for rules, path in (
            (app.shares, "@{0}/{1}"),
            (app.dataset_shares, "@{0}/datasets/{1}"),
            (app.modelling.shares, "@{0}/models/{1}"),
        ):
            found = await self.run(rules.open, secret)
            if found is not None:
                hold(self, found.link)
                self.go(app.base_url + path.format(segment(found.owner), segment(found.name)))
                return
        raise dead_end()
