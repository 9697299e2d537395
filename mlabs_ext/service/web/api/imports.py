"""Importing notebooks over REST: a look first, then a lab."""

from __future__ import annotations

from mlabs_ext import wire
from mlabs_ext.service.web.base import BaseHandler
from mlabs_ext.service.web.operations import Route, operation


class ImportsHandler(BaseHandler):
    """Looking at a notebook elsewhere."""

    @operation(
        "Look at a notebook elsewhere: what would become of it; makes nothing",
        body=wire.ImportRequest,
        answer=wire.Import,
        access="write",
    )
    async def post(self) -> None:
        """Fetch it."""
        self.require_user()
        asked = self.body(wire.ImportRequest)
        self.costs()
        self.answer(await self.app.importer.by_url(self.viewer, asked.url, asked.notebook))


class ImportedHandler(BaseHandler):
    """Making a lab of it."""

    @operation(
        "Make a lab of a notebook that was looked at",
        body=wire.ImportCreate,
        body_needed=False,
        answer=wire.Lab,
        status=201,
        access="write",
        idempotent=True,
    )
    async def post(self, token: str) -> None:
        """Create."""
        self.require_user()
        fields = self.optional_body(wire.ImportCreate)
        rule, key = self.app.importer.rules.create, self.idempotency_key()
        lab, digest = await self.run(rule, self.viewer, token, fields, key=key)
        self.app.ahead.render(digest)
        self.answer(lab, 201, location=lab.url)


CALLS = [
    Route("/imports", ImportsHandler),
    Route("/imports/{id}/lab", ImportedHandler),
]
