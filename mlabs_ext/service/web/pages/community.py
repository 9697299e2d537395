"""The community pool: its page, on which tabs are lent, and the searches of whoever looks."""

from __future__ import annotations

from datetime import UTC, datetime

from mlabs_ext.service.web.pages.base import Page
from mlabs_ext.service.web.pages.search_view import SearchView
from mlabs_ext.wire.community import Search

SEARCHES = 20


class CommunityPage(Page):
    """`BASE/community`."""

    starts_workers = True

    async def get(self) -> None:
        """Show what it is, its numbers, and what the viewer asked of it."""
        pool = await self.run(self.app.community.numbers.community_now)
        searches: list[Search] = []
        if self.viewer.name is not None:
            searches, _ = await self.run(self.app.community.searches.mine, self.viewer, SEARCHES)
        now = datetime.now(UTC)
        shown = [SearchView(search, now) for search in searches]
        self.page("community.html", pool=pool, searches=shown, site=self.site())


class SwitchAction(Page):
    """`POST BASE/community/switch`."""

    async def post(self) -> None:
        """Switch the pool on or off."""
        self.require_user()
        await self.run(self.app.community.switch.turn, self.viewer, self.field("on") == "yes")
        self.go(f"{self.app.base_url}community")


class SearchPage(Page):
    """`BASE/community/searches/{id}`: its owner's, and administrators'."""

    async def get(self, search: str) -> None:
        """Show its jobs, and who did what."""
        self.require_user()
        found = await self.run(self.app.community.searches.get, self.viewer, search)
        mine = found.owner == self.viewer.name
        self.page("community_search.html", view=SearchView(found, datetime.now(UTC)), mine=mine)


class StopSearchAction(Page):
    """`POST BASE/community/searches/{id}/stop`."""

    async def post(self, search: str) -> None:
        """Stop all of its jobs."""
        self.require_user()
        await self.run(self.app.community.searches.stop, self.viewer, search)
        self.go(f"{self.app.base_url}community/searches/{search}")


class DeleteSearchAction(Page):
    """`POST BASE/community/searches/{id}/delete`."""

    async def post(self, search: str) -> None:
        """Delete it for good."""
        self.require_user()
        self.need_sure("the search is to be deleted")
        await self.run(self.app.community.searches.delete, self.viewer, search)
        self.go(f"{self.app.base_url}community")


ROUTES = [
    (r"community", CommunityPage),
    (r"community/switch", SwitchAction),
    (r"community/searches/([0-9A-Z]{26})", SearchPage),
    (r"community/searches/([0-9A-Z]{26})/stop", StopSearchAction),
    (r"community/searches/([0-9A-Z]{26})/delete", DeleteSearchAction),
]
