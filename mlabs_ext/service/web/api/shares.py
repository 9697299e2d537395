"""Shares over REST: with whom a lab is shared, and what is shared with who asks."""

from __future__ import annotations

from mlabs_ext import wire
from mlabs_ext.errors import BadInput
from mlabs_ext.service.web.base import BaseHandler
from mlabs_ext.service.web.operations import LIST_QUERY, Route, choice, operation

KIND = {"kind": choice("user (default) or group: whose name the address has.", "user", "group")}


def kind_of(handler: BaseHandler) -> str:
    """Whose name stands in the address."""
    kind = handler.get_query_argument("kind", "user")
    if kind not in ("user", "group"):
        raise BadInput("`kind` is user or group.", "kind_invalid")
    return kind


class SharesHandler(BaseHandler):
    """All shares of a lab."""

    @operation("With whom a lab of one's own is shared", answer=list[wire.Share], access="read")
    async def get(self, owner: str, lab: str) -> None:
        """List."""
        self.answer_list(await self.run(self.app.shares.list, self.viewer, owner, lab), None)


class ShareHandler(BaseHandler):
    """A share with a person or a group."""

    @operation("What one person or group may do", answer=wire.Share, query=KIND, access="read")
    async def get(self, owner: str, lab: str, who: str) -> None:
        """Read."""
        asked = kind_of(self), who
        self.answer(await self.run(self.app.shares.get, self.viewer, owner, lab, *asked))

    @operation(
        "Let a person, or a group of JupyterHub's, see a lab of one's own, or edit it",
        body=wire.ShareChange,
        body_needed=False,
        answer=wire.Share,
        access="write",
    )
    async def put(self, owner: str, lab: str, who: str) -> None:
        """Share."""
        self.require_user()
        fields = self.optional_body(wire.ShareChange)
        self.answer(await self.run(self.app.shares.set, self.viewer, owner, lab, who, fields))

    @operation("End a share; open streams end within five seconds", query=KIND, status=204, access="write")
    async def delete(self, owner: str, lab: str, who: str) -> None:
        """End."""
        asked = kind_of(self), who
        await self.run(self.app.shares.remove, self.viewer, owner, lab, *asked)
        self.set_status(204)


class LinksHandler(BaseHandler):
    """Secret links to a lab."""

    @operation(
        "Make a secret link to a lab of one's own; its secret is told this once",
        body=wire.LinkCreate,
        body_needed=False,
        answer=wire.ShareLink,
        status=201,
        access="write",
    )
    async def post(self, owner: str, lab: str) -> None:
        """Make."""
        self.require_user()
        fields = self.optional_body(wire.LinkCreate)
        self.answer(await self.run(self.app.shares.make, self.viewer, owner, lab, fields), 201)


class LinkHandler(BaseHandler):
    """One of them."""

    @operation("Revoke a link, for all who have it and all who came by it", status=204, access="write")
    async def delete(self, owner: str, lab: str, link: str) -> None:
        """Revoke."""
        await self.run(self.app.shares.revoke, self.viewer, owner, lab, link)
        self.set_status(204)


class SharedHandler(BaseHandler):
    """What is shared with who asks."""

    @operation(
        "Labs of others that are shared with me or a group of mine, last changed first",
        answer=list[wire.Lab],
        query=LIST_QUERY,
        access="read",
    )
    async def get(self) -> None:
        """List."""
        self.answer_list(*await self.run(self.app.shares.with_me, self.viewer, **self.paging()))

    @operation(
        "Accept a secret link: its lab is then shared with me by name, for as long as the link stands",
        body=wire.LinkAccept,
        answer=wire.Lab,
        access="write",
    )
    async def post(self) -> None:
        """Accept."""
        self.require_user()
        fields = self.body(wire.LinkAccept)
        self.answer(await self.run(self.app.shares.accept_secret, self.viewer, fields))


CALLS = [
    Route("/labs/{owner}/{lab}/shares", SharesHandler),
    Route("/labs/{owner}/{lab}/shares/links", LinksHandler),
    Route("/labs/{owner}/{lab}/shares/links/{link}", LinkHandler),
    Route("/labs/{owner}/{lab}/shares/{who}", ShareHandler),
    Route("/me/shared", SharedHandler),
]
