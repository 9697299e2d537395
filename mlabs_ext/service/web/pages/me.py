"""A person's own page: plan, servers, and all labs and runs that are theirs, drafts and trash included."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from mlabs_ext.service.beginnings import WELCOME, Beginning
from mlabs_ext.service.web.pages.base import Page
from mlabs_ext.service.web.pages.forms import form_key
from mlabs_ext.service.web.pages.my_runs import my_runs
from mlabs_ext.service.web.pages.new import preselected, within
from mlabs_ext.service.web.pages.runs import next_page
from mlabs_ext.service.web.pages.servers import stopping

PAGE = 30


class MePage(Page):
    """`BASE/me`, with `me/shared`, `me/runs`, `me/stars`, `me/collections` and `me/trash`."""

    async def get(self, tab: str | None = None) -> None:
        """Show plan and servers, and one of the lists."""
        self.require_user()
        lists = {"shared": self.shared, "runs": self.runs, "stars": self.stars, "trash": self.trash}
        lists["collections"] = self.collections
        show = lists.get(tab or "", self.labs)
        me, servers = await self.run(self.app.people.at_work, self.viewer)
        self.page(
            "me.html",
            me=me,
            usage=me.usage,
            planned=bool(self.app.plans.known),
            servers=servers,
            stopping=stopping(self, servers),
            tab=tab or "labs",
            **await show(),
        )

    async def labs(self) -> dict[str, Any]:
        """My labs, last changed first."""
        labs, following = await self.run(
            self.app.labs.find, self.viewer, owner=self.viewer.name, limit=PAGE, cursor=self.cursor()
        )
        welcome = None if labs else await self.welcome()
        return {"labs": labs, "next": next_page(following), "welcome": welcome, "key": form_key()}

    async def welcome(self) -> Beginning | None:
        """The Welcome lab as it would be made, for who has none yet; None where it cannot run for them."""
        me = await self.run(self.app.people.me, self.viewer)
        environments = [within(me.plan.limits, item) for item in self.app.catalogue.public()]
        environment = preselected(environments, "")
        offered = await self.run(self.app.beginnings.offered, self.viewer, {environment})
        found = next((one for one in offered if one.name == WELCOME), None)
        return structs.replace(found, environment=environment) if found and environment else None

    async def shared(self) -> dict[str, Any]:
        """Labs and datasets of others that are shared with me."""
        cursor = self.cursor()
        labs, following = await self.run(self.app.shares.with_me, self.viewer, PAGE, cursor)
        datasets = [] if cursor else await self.run(self.app.dataset_shares.with_me, self.viewer)
        return {"labs": labs, "datasets": datasets, "next": next_page(following)}

    async def runs(self) -> dict[str, Any]:
        """My runs in any lab, newest first, of those that the form asks for."""
        return await my_runs(self, PAGE, self.cursor())

    async def stars(self) -> dict[str, Any]:
        """The labs with my star, the last one first."""
        labs, following = await self.run(self.app.social.stars.mine, self.viewer, PAGE, self.cursor())
        return {"labs": labs, "next": next_page(following)}

    async def collections(self) -> dict[str, Any]:
        """My collections, last changed first."""
        find = self.app.social.curated.list
        found, following = await self.run(find, self.viewer, self.require_user(), PAGE, self.cursor())
        return {"collections": found, "next": next_page(following), "key": form_key()}

    async def trash(self) -> dict[str, Any]:
        """My deleted labs and datasets."""
        labs = await self.run(self.app.labs.trash, self.viewer)
        return {"trash": labs, "deleted_datasets": await self.run(self.app.datasets.trash, self.viewer)}

    def cursor(self) -> str | None:
        """Where the list goes on."""
        return self.get_query_argument("cursor", None)
