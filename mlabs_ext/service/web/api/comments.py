"""Comments over REST."""

from __future__ import annotations

from mlabs_ext import wire
from mlabs_ext.service.web.base import BaseHandler
from mlabs_ext.service.web.operations import LIST_QUERY, Route, operation

OF_CELL = {"cell": "Only those about the cell with this id."}


class CommentsHandler(BaseHandler):
    """The comments of a lab."""

    @operation("A lab's comments, newest first", answer=list[wire.Comment], query=OF_CELL | LIST_QUERY)
    async def get(self, owner: str, lab: str) -> None:
        """List."""
        cell = self.get_query_argument("cell", None)
        rule = self.app.social.comments.list
        self.answer_list(*await self.run(rule, self.viewer, owner, lab, cell, **self.paging()))

    @operation(
        "Comment on a lab or on one of its cells, or reply",
        body=wire.CommentCreate,
        answer=wire.Comment,
        status=201,
        access="write",
        idempotent=True,
    )
    async def post(self, owner: str, lab: str) -> None:
        """Write."""
        self.require_user()
        fields, key = self.body(wire.CommentCreate), self.idempotency_key()
        made = await self.run(self.app.social.comments.add, self.viewer, owner, lab, fields, key)
        self.answer(made, 201, location=made.url)


class CommentedCellsHandler(BaseHandler):
    """The cells that have comments."""

    @operation("The cells that have comments", answer=tuple[wire.CommentedCell, ...])
    async def get(self, owner: str, lab: str) -> None:
        """List."""
        self.answer(await self.run(self.app.social.comments.cells, self.viewer, owner, lab))


class CommentHandler(BaseHandler):
    """One comment."""

    @operation("A comment with its replies; of a reply, its whole thread", answer=wire.Comment)
    async def get(self, comment: str) -> None:
        """Read."""
        self.answer(await self.run(self.app.social.comments.thread, self.viewer, comment))

    @operation("Change a comment of mine", body=wire.CommentChange, answer=wire.Comment, access="write")
    async def patch(self, comment: str) -> None:
        """Change."""
        self.require_user()
        text = self.body(wire.CommentChange).text
        self.answer(await self.run(self.app.social.comments.edit, self.viewer, comment, text))

    @operation("Delete a comment of mine", status=204, access="write")
    async def delete(self, comment: str) -> None:
        """Delete."""
        await self.run(self.app.social.comments.delete, self.viewer, comment)
        self.set_status(204)


class HiddenHandler(BaseHandler):
    """Whether a comment is hidden."""

    @operation(
        "Hide a comment on a lab of mine; administrators any, with a reason",
        body=wire.CommentHide,
        body_needed=False,
        answer=wire.Comment,
        access="write",
    )
    async def put(self, comment: str) -> None:
        """Hide."""
        self.require_user()
        fields = self.optional_body(wire.CommentHide)
        self.answer(await self.run(self.app.social.comments.hide, self.viewer, comment, fields.reason))

    @operation("Show a hidden comment again", answer=wire.Comment, access="write")
    async def delete(self, comment: str) -> None:
        """Show."""
        self.answer(await self.run(self.app.social.comments.unhide, self.viewer, comment))


CALLS = [
    Route("/labs/{owner}/{lab}/comments", CommentsHandler),
    Route("/labs/{owner}/{lab}/comments/cells", CommentedCellsHandler),
    Route("/comments/{comment}", CommentHandler),
    Route("/comments/{comment}/hidden", HiddenHandler),
]
