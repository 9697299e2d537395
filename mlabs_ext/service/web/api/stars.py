"""Stars over REST."""

from __future__ import annotations

from mlabs_ext import wire
from mlabs_ext.service.web.base import BaseHandler
from mlabs_ext.service.web.operations import LIST_QUERY, Route, operation


class StarHandler(BaseHandler):
    """The asker's star for a lab."""

    @operation("Give a lab my star", answer=wire.Stars, access="write")
    async def put(self, owner: str, lab: str) -> None:
        """Give."""
        self.require_user()
        self.answer(await self.run(self.app.social.stars.give, self.viewer, owner, lab))

    @operation("Take my star back", answer=wire.Stars, access="write")
    async def delete(self, owner: str, lab: str) -> None:
        """Take back."""
        self.require_user()
        self.answer(await self.run(self.app.social.stars.take_back, self.viewer, owner, lab))


class MyStarsHandler(BaseHandler):
    """The labs with the asker's star."""

    @operation(
        "The labs that have my star, the last one first",
        answer=list[wire.Lab],
        query=LIST_QUERY,
        access="read",
    )
    async def get(self) -> None:
        """List."""
        self.answer_list(*await self.run(self.app.social.stars.mine, self.viewer, **self.paging()))


CALLS = [Route("/labs/{owner}/{lab}/star", StarHandler), Route("/me/stars", MyStarsHandler)]
