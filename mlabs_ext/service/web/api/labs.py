"""Labs over REST."""

from __future__ import annotations

from typing import Any

from mlabs_ext import wire
from mlabs_ext.service.web.api.fields import notebook_body
from mlabs_ext.service.web.base import BaseHandler
from mlabs_ext.service.web.operations import LIST_QUERY, Route, choice, operation

FIND_QUERY = {
    "q": "Words that a lab's title, name, owner, tags, description, Markdown or code hold, each by its "
    'beginning; "in quotes" as they follow each other.',
    "owner": "Labs of this person; one's own drafts and private labs only here.",
    "environment": "Labs in this environment.",
    "accelerator": "Labs on this accelerator; `none` for those without one.",
    "tag": "Labs with this tag.",
    "sort": choice(
        "recent, popular, trending, or relevance: labs that are named by the words first. By default "
        "relevance where words are searched, else recent.",
        *("recent", "popular", "trending", "relevance"),
    ),
}


class LabsHandler(BaseHandler):
    """All labs."""

    @operation("Find labs", answer=list[wire.Lab], query=FIND_QUERY | LIST_QUERY)
    async def get(self) -> None:
        """Search."""
        asked: dict[str, Any] = {name: self.get_query_argument(name, None) for name in FIND_QUERY}
        asked["sort"] = asked["sort"] or None
        if asked["q"]:
            self.costs()
        found = await self.run(self.app.labs.find, self.viewer, **asked, **self.paging())
        self.answer_list(*found)

    @operation(
        "Create a lab",
        body=wire.LabCreate,
        answer=wire.Lab,
        status=201,
        access="write",
        idempotent=True,
        takes_notebook=True,
    )
    async def post(self) -> None:
        """Create."""
        self.require_user()
        fields, notebook = notebook_body(self, wire.LabCreate)
        key = self.idempotency_key()
        lab = await self.run(self.app.labs.create, self.viewer, fields, notebook, key=key)
        if lab.version:
            version = await self.run(self.app.versions.get, self.viewer, lab.owner, lab.name, lab.version)
            self.app.ahead.render(version.notebook_sha256)
        self.answer(lab, 201, location=lab.url)


class LabHandler(BaseHandler):
    """One lab."""

    @operation("Read a lab; its ETag is what If-Match takes", answer=wire.Lab)
    async def get(self, owner: str, lab: str) -> None:
        """Read."""
        found, etag = await self.run(self.app.labs.get_with_etag, self.viewer, owner, lab)
        # Counts change without a new revision, so the ETag does not make this a 304.
        self.set_header("Etag", etag)
        self.answer(found)

    @operation("Change a lab", body=wire.LabChange, answer=wire.Lab, access="write", conditional=True)
    async def patch(self, owner: str, lab: str) -> None:
        """Change."""
        self.require_user()
        fields = self.body(wire.LabChange)
        self.answer(
            await self.run(self.app.labs.change, self.viewer, owner, lab, fields, if_match=self.if_match)
        )

    @operation("Delete a lab; it can be restored for 30 days", status=204, access="write", conditional=True)
    async def delete(self, owner: str, lab: str) -> None:
        """Delete."""
        await self.run(self.app.labs.delete, self.viewer, owner, lab, if_match=self.if_match)
        self.set_status(204)


class ForkHandler(BaseHandler):
    """Forking a lab."""

    @operation(
        "Fork a lab",
        body=wire.ForkCreate,
        body_needed=False,
        answer=wire.Lab,
        status=201,
        access="write",
        idempotent=True,
    )
    async def post(self, owner: str, lab: str) -> None:
        """Fork."""
        self.require_user()
        fields = self.optional_body(wire.ForkCreate)
        key = self.idempotency_key()
        fork = await self.run(self.app.labs.fork, self.viewer, owner, lab, fields, key=key)
        self.answer(fork, 201, location=fork.url)


class ForksHandler(BaseHandler):
    """A lab's fork tree."""

    @operation("The tree of forks below a lab", answer=wire.ForkNode)
    async def get(self, owner: str, lab: str) -> None:
        """Read."""
        self.answer(await self.run(self.app.labs.forks, self.viewer, owner, lab))


class RuntimeHandler(BaseHandler):
    """What a lab's server needs."""

    @operation("What a server for this lab needs; the hub may ask about every lab", answer=dict[str, Any])
    async def get(self, owner: str, lab: str) -> None:
        """Read."""
        self.answer(await self.run(self.app.labs.runtime, self.viewer, owner, lab))


class RestoreHandler(BaseHandler):
    """Taking a lab out of the trash."""

    @operation("Restore a deleted lab", answer=wire.Lab, access="write")
    async def post(self, owner: str, lab: str) -> None:
        """Restore."""
        self.answer(await self.run(self.app.labs.restore, self.viewer, owner, lab))


class TrashHandler(BaseHandler):
    """The trash of who asks."""

    @operation("My deleted labs, newest first", answer=list[dict[str, Any]], access="read")
    async def get(self) -> None:
        """List."""
        deleted = await self.run(self.app.labs.trash, self.viewer)
        self.answer_list([{"lab": lab, "deleted": moment} for lab, moment in deleted], None)

    @operation("Empty my trash: what is in it is gone for good", status=204, access="write")
    async def delete(self) -> None:
        """Empty."""
        await self.run(self.app.labs.empty_own_trash, self.viewer)
        self.set_status(204)


CALLS = [
    Route("/labs", LabsHandler),
    Route("/labs/{owner}/{lab}", LabHandler),
    Route("/labs/{owner}/{lab}/fork", ForkHandler),
    Route("/labs/{owner}/{lab}/forks", ForksHandler),
    Route("/labs/{owner}/{lab}/runtime", RuntimeHandler),
    Route("/labs/{owner}/{lab}/restore", RestoreHandler),
    Route("/me/trash", TrashHandler),
]
