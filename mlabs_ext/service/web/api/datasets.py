"""Datasets over REST."""

from __future__ import annotations

from functools import partial
from typing import Any

from mlabs_ext import wire
from mlabs_ext.service.web.api.assets import ANY
from mlabs_ext.service.web.api.moderation import Deciding
from mlabs_ext.service.web.api.shares import KIND, kind_of
from mlabs_ext.service.web.base import BaseHandler
from mlabs_ext.service.web.bringing import is_given
from mlabs_ext.service.web.files import FileHandler
from mlabs_ext.service.web.once import OnceHandler
from mlabs_ext.service.web.operations import LIST_QUERY, Route, choice, operation

FIND_QUERY = {
    "q": "Words that a dataset's owner, name, title or description hold.",
    "owner": "Datasets of this person; one's own private ones only here.",
    "sort": choice("recent (the default), or popular: those that many labs use first.", "recent", "popular"),
}


class DatasetsHandler(OnceHandler):
    """All datasets."""

    @operation("Find datasets", answer=list[wire.Dataset], query=FIND_QUERY | LIST_QUERY)
    async def get(self) -> None:
        """Search."""
        asked: dict[str, Any] = {name: self.get_query_argument(name, None) or None for name in FIND_QUERY}
        if asked["q"]:
            self.costs()
        self.answer_list(*await self.run(self.app.datasets.find, self.viewer, **asked, **self.paging()))

    @operation(
        "Create a dataset of files: those of a multipart form, or those that are named",
        body=wire.DatasetCreate,
        takes_form=True,
        answer=wire.Dataset,
        status=201,
        access="write",
        idempotent=True,
    )
    async def post(self) -> None:
        """Create."""
        fields = await self.received(wire.DatasetCreate)
        is_given(self, fields)
        make = partial(self.app.datasets.create, self.viewer, fields)
        made = await self.once(fields, wire.Dataset, make)
        self.answer(made, 201, location=made.url)


class DatasetHandler(BaseHandler):
    """One dataset."""

    @operation("Read a dataset; its ETag is what If-Match takes", answer=wire.Dataset)
    async def get(self, owner: str, dataset: str) -> None:
        """Read."""
        found, etag = await self.run(self.app.datasets.get_with_etag, self.viewer, owner, dataset)
        self.set_header("Etag", etag)
        self.answer(found)

    @operation(
        "Change a dataset", body=wire.DatasetChange, answer=wire.Dataset, access="write", conditional=True
    )
    async def patch(self, owner: str, dataset: str) -> None:
        """Change."""
        self.require_user()
        fields, rule = self.body(wire.DatasetChange), self.app.datasets.change
        self.answer(await self.run(rule, self.viewer, owner, dataset, fields, if_match=self.if_match))

    @operation(
        "Delete a dataset; it can be restored for 30 days", status=204, access="write", conditional=True
    )
    async def delete(self, owner: str, dataset: str) -> None:
        """Delete."""
        await self.run(self.app.datasets.delete, self.viewer, owner, dataset, if_match=self.if_match)
        self.set_status(204)


class RestoreHandler(BaseHandler):
    """Taking a dataset out of the trash."""

    @operation("Restore a deleted dataset", answer=wire.Dataset, access="write")
    async def post(self, owner: str, dataset: str) -> None:
        """Restore."""
        self.answer(await self.run(self.app.datasets.restore, self.viewer, owner, dataset))


class VersionsHandler(OnceHandler):
    """A dataset's versions."""

    @operation("A dataset's versions, newest first", answer=list[wire.DatasetVersion], query=dict(LIST_QUERY))
    async def get(self, owner: str, dataset: str) -> None:
        """List."""
        rule = self.app.datasets.versions
        self.answer_list(*await self.run(rule, self.viewer, owner, dataset, **self.paging()))

    @operation(
        "Add a version to a dataset; of the very files of the latest one, that is answered",
        body=wire.DatasetVersionCreate,
        takes_form=True,
        answer=wire.DatasetVersion,
        status=201,
        access="write",
        idempotent=True,
    )
    async def post(self, owner: str, dataset: str) -> None:
        """Add."""
        fields = await self.received(wire.DatasetVersionCreate)
        await self.run(self.app.datasets.get, self.viewer, owner, dataset)
        if not fields.remove:
            is_given(self, fields)
        make = partial(self.app.datasets.add_version, self.viewer, owner, dataset, fields)
        made = await self.once(fields, wire.DatasetVersion, make)
        self.answer(made, 201, location=made.url)


class VersionHandler(BaseHandler):
    """One version."""

    @operation("Read a version of a dataset, with its files", answer=wire.DatasetVersion)
    async def get(self, owner: str, dataset: str, number: str) -> None:
        """Read."""
        self.answer(await self.run(self.app.datasets.version, self.viewer, owner, dataset, number))


class VersionFileHandler(FileHandler):
    """A file of a version, for servers that have it by their token."""

    @operation("A file of a version of a dataset", media=ANY)
    async def get(self, owner: str, dataset: str, number: str, path: str) -> None:
        """Download."""
        found, public = await self.public_first(self.app.datasets.file, owner, dataset, number, path)
        await self.send_file(found.asset, public, found.fixed)


class SharesHandler(BaseHandler):
    """With whom a dataset is shared."""

    @operation("With whom a dataset of one's own is shared", answer=list[wire.Share], access="read")
    async def get(self, owner: str, dataset: str) -> None:
        """List."""
        self.answer_list(await self.run(self.app.dataset_shares.list, self.viewer, owner, dataset), None)


class ShareHandler(BaseHandler):
    """A share with a person or a group."""

    @operation(
        "Let a person, or a group of JupyterHub's, see a dataset of one's own, or change it",
        body=wire.ShareChange,
        body_needed=False,
        answer=wire.Share,
        access="write",
    )
    async def put(self, owner: str, dataset: str, who: str) -> None:
        """Share."""
        self.require_user()
        fields = self.optional_body(wire.ShareChange)
        self.answer(await self.run(self.app.dataset_shares.set, self.viewer, owner, dataset, who, fields))

    @operation("End a share", query=KIND, status=204, access="write")
    async def delete(self, owner: str, dataset: str, who: str) -> None:
        """End."""
        asked = kind_of(self), who
        await self.run(self.app.dataset_shares.remove, self.viewer, owner, dataset, *asked)
        self.set_status(204)


class LinksHandler(BaseHandler):
    """Secret links to a dataset."""

    @operation(
        "Make a secret link to a dataset of one's own; its secret is told this once",
        body=wire.LinkCreate,
        body_needed=False,
        answer=wire.ShareLink,
        status=201,
        access="write",
    )
    async def post(self, owner: str, dataset: str) -> None:
        """Make."""
        self.require_user()
        fields = self.optional_body(wire.LinkCreate)
        self.answer(await self.run(self.app.dataset_shares.make, self.viewer, owner, dataset, fields), 201)


class LinkHandler(BaseHandler):
    """One of them."""

    @operation("Revoke a link, for all who have it and all who came by it", status=204, access="write")
    async def delete(self, owner: str, dataset: str, link: str) -> None:
        """Revoke."""
        await self.run(self.app.dataset_shares.revoke, self.viewer, owner, dataset, link)
        self.set_status(204)


class SharedDatasetsHandler(BaseHandler):
    """What is shared with who asks."""

    @operation(
        "Datasets of others that are shared with me or a group of mine",
        answer=list[wire.Dataset],
        access="read",
    )
    async def get(self) -> None:
        """List."""
        self.answer_list(await self.run(self.app.dataset_shares.with_me, self.viewer), None)

    @operation(
        "Accept a secret link: its dataset is then shared with me by name, for as long as the link stands",
        body=wire.LinkAccept,
        answer=wire.Dataset,
        access="write",
    )
    async def post(self) -> None:
        """Accept."""
        self.require_user()
        fields = self.body(wire.LinkAccept)
        self.answer(await self.run(self.app.dataset_shares.accept_secret, self.viewer, fields))


class TakeDownHandler(Deciding):
    """Whether a dataset is taken down."""

    @operation("Why a dataset of mine was taken down", answer=wire.Verdict)
    async def get(self, owner: str, dataset: str) -> None:
        """Read."""
        self.answer(await self.run(self.app.social.moderation.of_dataset, self.viewer, owner, dataset))

    @operation(
        "Take a dataset down; for administrators",
        body=wire.Decision,
        body_needed=False,
        answer=wire.Verdict,
        access="write",
    )
    async def put(self, owner: str, dataset: str) -> None:
        """Take down."""
        self.require_user()
        rule = self.app.social.moderation.take_dataset_down
        self.answer(await self.run(rule, self.viewer, owner, dataset, self.reason()))

    @operation("Restore a dataset; for administrators", status=204, access="write")
    async def delete(self, owner: str, dataset: str) -> None:
        """Restore."""
        rule = self.app.social.moderation.restore_dataset
        await self.run(rule, self.viewer, owner, dataset, self.reason())
        self.set_status(204)


class PreviewHandler(BaseHandler):
    """What is in a file."""

    @operation(
        "What is in a file of a version: columns, types, missing values, problems", answer=wire.Preview
    )
    async def get(self, owner: str, dataset: str, number: str, path: str) -> None:
        """Look."""
        found = await self.run(self.app.datasets.file, self.viewer, owner, dataset, number, path)
        self.costs()
        self.answer(await self.app.previews.of(path, found.asset.digest))


CALLS = [
    Route("/datasets", DatasetsHandler),
    Route("/datasets/{owner}/{dataset}", DatasetHandler),
    Route("/datasets/{owner}/{dataset}/restore", RestoreHandler),
    Route("/datasets/{owner}/{dataset}/takedown", TakeDownHandler),
    Route("/datasets/{owner}/{dataset}/shares", SharesHandler),
    Route("/datasets/{owner}/{dataset}/shares/links", LinksHandler),
    Route("/datasets/{owner}/{dataset}/shares/links/{link}", LinkHandler),
    Route("/datasets/{owner}/{dataset}/shares/{who}", ShareHandler),
    Route("/datasets/{owner}/{dataset}/versions", VersionsHandler),
    Route("/datasets/{owner}/{dataset}/versions/{number}", VersionHandler),
    Route("/datasets/{owner}/{dataset}/versions/{number}/files/{path}", VersionFileHandler),
    Route("/datasets/{owner}/{dataset}/versions/{number}/preview/{path}", PreviewHandler),
    Route("/me/shared/datasets", SharedDatasetsHandler),
]
