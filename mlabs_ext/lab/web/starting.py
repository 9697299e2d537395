"""What a launcher offers."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from mlabs_ext.lab.web.base import Api


class StartingHandler(Api):
    """`GET starting`."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Environments and recent labs."""
        self.answer(await self.rules.starting.points())
