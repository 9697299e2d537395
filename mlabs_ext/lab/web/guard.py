"""The publish guard: what a notebook holds, and its cells without that."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from mlabs_ext.lab.web.base import Api
from mlabs_ext.wire import CheckRequest, FixRequest


class CheckHandler(Api):
    """`POST check`."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Look a notebook through."""
        self.answer(await self.rules.guarding.check(self.body(CheckRequest).path))


class FixHandler(Api):
    """`POST fix`."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """The cells once findings are fixed; the front end sets them in its document, where undo works."""
        asked = self.body(FixRequest)
        self.answer(await self.rules.guarding.fix(asked.path, asked.findings))
