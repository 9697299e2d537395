"""Plans over REST: whether a lab may be started, and what administrators see and change."""

from __future__ import annotations

from mlabs_ext import wire
from mlabs_ext.service.web.base import BaseHandler
from mlabs_ext.service.web.operations import LIST_QUERY, Route, operation


class PreflightHandler(BaseHandler):
    """What is in the way of a start."""

    @operation("Whether I may start this lab now, and what is missing", answer=wire.Preflight, access="read")
    async def get(self, owner: str, lab: str) -> None:
        """Read."""
        found = await self.run(self.app.labs.get, self.viewer, owner, lab)
        self.answer(await self.run(self.app.plans.preflight, self.viewer, None, found))


class PeopleHandler(BaseHandler):
    """Everybody."""

    @operation(
        "People with their plans, use and open servers, who was here last first; for administrators",
        answer=list[wire.Person],
        query=LIST_QUERY,
        access="read",
    )
    async def get(self) -> None:
        """List."""
        self.answer_list(*await self.run(self.app.people.all, self.viewer, **self.paging()))


class PersonPlanHandler(BaseHandler):
    """The plan that an administrator gives to a person."""

    @operation(
        "Give a person a plan, whatever their groups say; for administrators",
        body=wire.PlanChoice,
        answer=wire.Person,
        access="write",
    )
    async def put(self, person: str) -> None:
        """Give."""
        plan = self.body(wire.PlanChoice).plan
        self.answer(await self.run(self.app.people.give_plan, self.viewer, person, plan))

    @operation("Let a person's groups decide again; for administrators", answer=wire.Person, access="write")
    async def delete(self, person: str) -> None:
        """Take back."""
        self.answer(await self.run(self.app.people.give_plan, self.viewer, person, None))


CALLS = [
    Route("/labs/{owner}/{lab}/preflight", PreflightHandler),
    Route("/people", PeopleHandler),
    Route("/people/{person}/plan", PersonPlanHandler),
]
