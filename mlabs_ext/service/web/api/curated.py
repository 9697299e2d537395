"""Collections over REST."""

from __future__ import annotations

from mlabs_ext import wire
from mlabs_ext.service.web.base import BaseHandler
from mlabs_ext.service.web.operations import LIST_QUERY, Route, operation


class CollectionsOfHandler(BaseHandler):
    """The collections of a person."""

    @operation(
        "A person's collections, last changed first; one's own with those that others do not see",
        answer=list[wire.Collection],
        query=LIST_QUERY,
    )
    async def get(self, person: str) -> None:
        """List."""
        self.answer_list(*await self.run(self.app.social.curated.list, self.viewer, person, **self.paging()))


class CollectionsHandler(BaseHandler):
    """All collections."""

    @operation(
        "Make a collection",
        body=wire.CollectionCreate,
        answer=wire.Collection,
        status=201,
        access="write",
        idempotent=True,
    )
    async def post(self) -> None:
        """Make."""
        self.require_user()
        fields, key = self.body(wire.CollectionCreate), self.idempotency_key()
        made = await self.run(self.app.social.curated.create, self.viewer, fields, key)
        self.answer(made, 201, location=made.url)


class CollectionHandler(BaseHandler):
    """One collection."""

    @operation("A collection, with the labs in it that the asker may see", answer=wire.Collection)
    async def get(self, owner: str, collection: str) -> None:
        """Read."""
        self.answer(await self.run(self.app.social.curated.get, self.viewer, owner, collection))

    @operation("Change a collection", body=wire.CollectionChange, answer=wire.Collection, access="write")
    async def patch(self, owner: str, collection: str) -> None:
        """Change."""
        self.require_user()
        fields = self.body(wire.CollectionChange)
        self.answer(await self.run(self.app.social.curated.change, self.viewer, owner, collection, fields))

    @operation("Delete a collection; its labs stay", status=204, access="write")
    async def delete(self, owner: str, collection: str) -> None:
        """Delete."""
        await self.run(self.app.social.curated.delete, self.viewer, owner, collection)
        self.set_status(204)


class ItemHandler(BaseHandler):
    """A lab in a collection."""

    @operation(
        "Put a lab into a collection, or change its note or place",
        body=wire.CollectionItemChange,
        body_needed=False,
        answer=wire.Collection,
        access="write",
    )
    async def put(self, owner: str, collection: str, of: str, lab: str) -> None:
        """Put."""
        self.require_user()
        fields = self.optional_body(wire.CollectionItemChange)
        rule = self.app.social.curated.put
        self.answer(await self.run(rule, self.viewer, owner, collection, (of, lab), fields))

    @operation("Take a lab out of a collection", status=204, access="write")
    async def delete(self, owner: str, collection: str, of: str, lab: str) -> None:
        """Remove."""
        await self.run(self.app.social.curated.remove, self.viewer, owner, collection, (of, lab))
        self.set_status(204)


CALLS = [
    Route("/people/{person}/collections", CollectionsOfHandler),
    Route("/collections", CollectionsHandler),
    Route("/collections/{owner}/{collection}", CollectionHandler),
    Route("/collections/{owner}/{collection}/labs/{of}/{lab}", ItemHandler),
]
