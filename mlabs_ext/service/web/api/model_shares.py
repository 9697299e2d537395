"""With whom models are shared, and what administrators decide of them, over REST."""

from __future__ import annotations

from mlabs_ext import wire
from mlabs_ext.service.web.api.moderation import Deciding
from mlabs_ext.service.web.api.shares import KIND, kind_of
from mlabs_ext.service.web.base import BaseHandler
from mlabs_ext.service.web.operations import Route, operation


class ModelSharesHandler(BaseHandler):
    """All shares of a model."""

    @operation("With whom a model of one's own is shared", answer=list[wire.Share], access="read")
    async def get(self, owner: str, model: str) -> None:
        """List."""
        self.answer_list(await self.run(self.app.modelling.shares.list, self.viewer, owner, model), None)


class ModelShareHandler(BaseHandler):
    """A share with a person or a group."""

    @operation(
        "Let a person, or a group of JupyterHub's, load a model of one's own, or edit it",
        body=wire.ShareChange,
        body_needed=False,
        answer=wire.Share,
        access="write",
    )
    async def put(self, owner: str, model: str, who: str) -> None:
        """Share."""
        self.require_user()
        fields = self.optional_body(wire.ShareChange)
        self.answer(await self.run(self.app.modelling.shares.set, self.viewer, owner, model, who, fields))

    @operation("End a share of a model", query=KIND, status=204, access="write")
    async def delete(self, owner: str, model: str, who: str) -> None:
        """End."""
        asked = kind_of(self), who
        await self.run(self.app.modelling.shares.remove, self.viewer, owner, model, *asked)
        self.set_status(204)


class ModelLinksHandler(BaseHandler):
    """Secret links to a model."""

    @operation(
        "Make a secret link to a model of one's own; its secret is told this once",
        body=wire.LinkCreate,
        body_needed=False,
        answer=wire.ShareLink,
        status=201,
        access="write",
    )
    async def post(self, owner: str, model: str) -> None:
        """Make."""
        self.require_user()
        fields = self.optional_body(wire.LinkCreate)
        self.answer(await self.run(self.app.modelling.shares.make, self.viewer, owner, model, fields), 201)


class ModelLinkHandler(BaseHandler):
    """One of them."""

    @operation("Revoke a link, for all who have it and all who came by it", status=204, access="write")
    async def delete(self, owner: str, model: str, link: str) -> None:
        """Revoke."""
        await self.run(self.app.modelling.shares.revoke, self.viewer, owner, model, link)
        self.set_status(204)


class SharedModelsHandler(BaseHandler):
    """What is shared with who asks."""

    @operation(
        "Models of others that are shared with me or a group of mine", answer=list[wire.Model], access="read"
    )
    async def get(self) -> None:
        """List."""
        self.answer_list(await self.run(self.app.modelling.shares.with_me, self.viewer), None)

    @operation(
        "Accept a secret link: its model is then shared with me by name, for as long as the link stands",
        body=wire.LinkAccept,
        answer=wire.Model,
        access="write",
    )
    async def post(self) -> None:
        """Accept."""
        self.require_user()
        fields = self.body(wire.LinkAccept)
        self.answer(await self.run(self.app.modelling.shares.accept_secret, self.viewer, fields))


class ModelTakeDownHandler(Deciding):
    """Whether a model is taken down."""

    @operation("Why a model of mine was taken down", answer=wire.Verdict)
    async def get(self, owner: str, model: str) -> None:
        """Read."""
        self.answer(await self.run(self.app.modelling.moderation.of_model, self.viewer, owner, model))

    @operation(
        "Take a model down: only its owner and administrators see it then; for administrators",
        body=wire.Decision,
        body_needed=False,
        answer=wire.Verdict,
        access="write",
    )
    async def put(self, owner: str, model: str) -> None:
        """Take down."""
        self.require_user()
        rule = self.app.modelling.moderation.take_down
        self.answer(await self.run(rule, self.viewer, owner, model, self.reason()))

    @operation("Restore a model that was taken down; for administrators", status=204, access="write")
    async def delete(self, owner: str, model: str) -> None:
        """Restore."""
        rule = self.app.modelling.moderation.restore
        await self.run(rule, self.viewer, owner, model, self.reason())
        self.set_status(204)


CALLS = [
    Route("/models/{owner}/{model}/shares", ModelSharesHandler),
    Route("/models/{owner}/{model}/shares/links", ModelLinksHandler),
    Route("/models/{owner}/{model}/shares/links/{link}", ModelLinkHandler),
    Route("/models/{owner}/{model}/shares/{who}", ModelShareHandler),
    Route("/models/{owner}/{model}/takedown", ModelTakeDownHandler),
    Route("/me/shared/models", SharedModelsHandler),
]
