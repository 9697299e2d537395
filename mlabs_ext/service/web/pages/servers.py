"""Stopping a server from a page, one's own or, as an administrator, anybody's."""

from __future__ import annotations

from collections.abc import Iterable

from mlabs_ext.service.web.pages.base import Page
from mlabs_ext.wire import Server

# Seconds until the page that asked comes back, whether or not the server is gone by then.
PATIENCE = 8
# Seconds until a page that shows a stop looks again.
AGAIN = 3


class StopAction(Page):
    """`POST BASE/servers/{id}/stop`."""

    async def post(self, server: str) -> None:
        """Stop it, and go back."""
        self.require_user()
        user, name = await self.run(self.app.overview.to_stop, self.viewer, server)
        if await self.app.stops.stop(user, name, PATIENCE):
            await self.run(self.app.servers.gone, server)
        self.go_on(f"{self.app.base_url}me")


def stopping(page: Page, servers: Iterable[Server], refresh: bool = True) -> list[str]:
    """The ids of those that are being stopped now; the page is asked for again while there are some.

    `refresh` is false where that would lose what a person enters.
    """
    found = [item.id for item in servers if page.app.stops.under_way(item.user, item.server)]
    if found and refresh and page.request.method == "GET":
        page.set_header("Refresh", str(AGAIN))
    return found
