"""The person who asks, and the environments to choose from, over REST."""

from __future__ import annotations

from mlabs_ext import wire
from mlabs_ext.service.web.base import BaseHandler
from mlabs_ext.service.web.operations import Route, operation


class MeHandler(BaseHandler):
    """The person who asks."""

    @operation("Who I am here, and what I use", answer=wire.Me, access="read")
    async def get(self) -> None:
        """Read."""
        self.answer(await self.run(self.app.people.me, self.viewer))


class EnvironmentsHandler(BaseHandler):
    """The catalogue."""

    @operation("The environments that labs can run in", answer=tuple[wire.Environment, ...])
    async def get(self) -> None:
        """List."""
        self.answer(await self.run(self.app.catalogue.public))


CALLS = [Route("/me", MeHandler), Route("/environments", EnvironmentsHandler)]
