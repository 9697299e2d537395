"""What the administrator watches and changes: people and plans, servers, accelerators, images."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import NamedTuple

from tornado.web import HTTPError

from mlabs_ext.accelerators import COMMUNITY
from mlabs_ext.service.web.pages.base import Page
from mlabs_ext.service.web.pages.runs import next_page
from mlabs_ext.service.web.pages.servers import stopping
from mlabs_ext.wire import Environment, HubImage, HubStatus

PEOPLE, REPORTS = 50, 5


class Kind(NamedTuple):
    """An environment with one of its accelerators. `built` is None where the hub has not said.

    `image` is what it runs on now, or where nobody said that, what it ran on last.
    """

    environment: Environment
    accelerator: str
    built: bool | None
    image: HubImage | None


class AdminOnly(Page):
    """A page that is not there for anybody else."""

    async def prepare(self) -> None:
        """Let administrators in."""
        await super().prepare()
        if self.viewer.name is None and self.request.method == "GET":
            self.require_user()
        if not (self.viewer.admin and self.viewer.can_read):
            raise HTTPError(404)


class AdminPage(AdminOnly):
    """`BASE/admin`."""

    async def get(self) -> None:
        """Show everything at once."""
        cursor = self.get_query_argument("cursor", None)
        (people, following), servers, status, (reports, more) = await asyncio.gather(
            self.run(self.app.people.all, self.viewer, PEOPLE, cursor),
            self.run(self.app.overview.open, self.viewer),
            self.run(self.app.hub_status.get, self.viewer),
            self.run(self.app.social.reports.open, self.viewer, REPORTS),
        )
        self.page(
            "admin.html",
            people=people,
            next=next_page(following),
            plans=list(self.app.plans.known),
            reports=reports,
            more_reports=more is not None,
            servers=servers,
            stopping=stopping(self, servers),
            hub=status,
            kinds=kinds(self.app.catalogue.public(), status, await self.run(self.app.overview.images)),
        )


class PlanAction(AdminOnly):
    """`POST BASE/admin/plan`."""

    async def post(self) -> None:
        """Give a person a plan, or the one of their groups again."""
        plan = self.field("plan") or None
        await self.run(self.app.people.give_plan, self.viewer, self.get_body_argument("person", ""), plan)
        self.go_on(f"{self.app.base_url}admin")


def kinds(
    environments: Iterable[Environment], status: HubStatus, used: dict[tuple[str, str], HubImage]
) -> list[Kind]:
    """Every environment with each of its accelerators, and what the hub said of it."""
    known = used.values() if status.images is None else status.images
    told = {(image.environment, image.accelerator): image for image in known}
    found = []
    for environment in environments:
        # Lent machines run the images that there are.
        for accelerator in (name for name in environment.accelerators if name != COMMUNITY):
            image = told.get((environment.name, accelerator))
            built = None if status.images is None else bool(image and image.image)
            found.append(Kind(environment, accelerator, built, image))
    return found
