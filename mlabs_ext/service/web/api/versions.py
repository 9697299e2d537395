"""Versions over REST."""

from __future__ import annotations

from functools import partial
from typing import Any

from mlabs_ext import wire
from mlabs_ext.errors import NotFound, Unusable
from mlabs_ext.service.viewers import Viewer
from mlabs_ext.service.web.api.fields import NOTEBOOK, notebook_body
from mlabs_ext.service.web.base import BaseHandler
from mlabs_ext.service.web.headers import raw_headers
from mlabs_ext.service.web.operations import LIST_QUERY, Route, operation
from mlabs_ext.service.web.requested import version_number


class VersionsHandler(BaseHandler):
    """A lab's versions."""

    @operation("A lab's versions, newest first", answer=list[wire.Version], query=LIST_QUERY)
    async def get(self, owner: str, lab: str) -> None:
        """List."""
        found = await self.run(self.app.versions.list, self.viewer, owner, lab, **self.paging())
        self.answer_list(*found)

    @operation(
        "Publish a new version; 200 with the latest one where the notebook is the same",
        body=wire.VersionCreate,
        answer=wire.Version,
        status=201,
        other_statuses=(200,),
        access="write",
        idempotent=True,
        conditional=True,
        takes_notebook=True,
    )
    async def post(self, owner: str, lab: str) -> None:
        """Publish."""
        self.require_user()
        fields, notebook = notebook_body(self, wire.VersionCreate)
        number, rules, key = fields.restore, self.app.versions, self.idempotency_key()
        if notebook is not None and number is None:
            add = partial(rules.add, self.viewer, owner, lab, fields, notebook)
            version, created = await self.run(add, self.if_match, key)
        elif notebook is None and number is not None:
            restore = partial(rules.restore, self.viewer, owner, lab, number, fields.message)
            version, created = await self.run(restore, self.if_match, key)
        else:
            raise Unusable("A version needs a notebook, or `restore` instead of one.", "fields_invalid")
        self.app.ahead.render(version.notebook_sha256)
        self.answer(version, 201 if created else 200, location=version.url)


class VersionHandler(BaseHandler):
    """One version."""

    @operation("Read a version", answer=wire.Version)
    async def get(self, owner: str, lab: str, number: str) -> None:
        """Read."""
        self.answer(await self.run(self.app.versions.get, self.viewer, owner, lab, version_number(number)))


class NotebookHandler(BaseHandler):
    """A version's notebook."""

    @operation("A version's notebook, as a file", media=NOTEBOOK)
    async def get(self, owner: str, lab: str, number: str) -> None:
        """Download."""
        (data, digest), public = await self._notebook(owner, lab, version_number(number))
        for name, value in raw_headers(NOTEBOOK, f"{lab}.ipynb", public).items():
            self.set_header(name, value)
        if public and self.viewer == Viewer.anonymous():
            # A lab may be made private: whoever keeps a copy has to ask again.
            self.set_header("Cache-Control", "public, no-cache")
        self.etag = f'"{digest}"'
        self.finish(data)

    async def _notebook(self, *asked: Any) -> tuple[tuple[bytes, str], bool]:
        """The notebook and its digest, and whether everybody may have them."""
        rule = self.app.versions.notebook
        try:
            return await self.run(rule, Viewer.anonymous(), *asked), True
        except NotFound:
            return await self.run(rule, self.viewer, *asked), False


CALLS = [
    Route("/labs/{owner}/{lab}/versions", VersionsHandler),
    Route("/labs/{owner}/{lab}/versions/{number}", VersionHandler),
    Route("/labs/{owner}/{lab}/versions/{number}/notebook", NotebookHandler),
]
