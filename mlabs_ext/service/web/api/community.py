"""The community pool over REST: what people ask for, and what everybody sees of it."""

from __future__ import annotations

from mlabs_ext.service.web.base import BaseHandler
from mlabs_ext.service.web.blob_sending import BlobHandler
from mlabs_ext.service.web.files import TakingHandler
from mlabs_ext.service.web.operations import LIST_QUERY, Route, operation
from mlabs_ext.wire import community as wire

BINARY = "application/octet-stream"


class JobDataHandler(TakingHandler):
    """Rows to learn from."""

    verb = "POST"

    async def begin(self, size: int) -> None:
        """Ask whether there is room."""
        self.require_user()
        self.most = await self.run(self.app.community.rows.expect, self.viewer, size)

    @operation(
        "Send a block of rows to train on or to hold out; the body is the block itself",
        takes=BINARY,
        answer=wire.JobData,
        status=201,
        access="write",
    )
    async def post(self) -> None:
        """Keep them."""
        self.answer(await self.run(self.app.community.rows.keep, self.viewer, self.came()), 201)


class SearchesHandler(BaseHandler):
    """All searches."""

    max_body = 8 << 20

    @operation(
        "Ask the community to train: one or more networks over the same rows",
        body=wire.SearchCreate,
        answer=wire.Search,
        status=201,
        access="write",
        idempotent=True,
    )
    async def post(self) -> None:
        """Ask."""
        self.require_user()
        asked = self.viewer, self.body(wire.SearchCreate), self.idempotency_key()
        made = await self.run(self.app.community.searches.create, *asked)
        self.answer(made, 201, location=f"{self.app.base_url}api/v1/searches/{made.id}")


class SearchHandler(BaseHandler):
    """One search."""

    @operation("A search of one's own, with its jobs", answer=wire.Search, access="read")
    async def get(self, search: str) -> None:
        """Read."""
        self.answer(await self.run(self.app.community.searches.get, self.viewer, search))

    @operation("Delete a search that is over, with all that came of it", status=204, access="write")
    async def delete(self, search: str) -> None:
        """Delete."""
        self.require_user()
        await self.run(self.app.community.searches.delete, self.viewer, search)
        self.set_status(204)


class SearchStopHandler(BaseHandler):
    """The end of a search."""

    @operation("Stop all jobs of a search; what they came to stays", answer=wire.Search, access="write")
    async def post(self, search: str) -> None:
        """Stop."""
        self.require_user()
        self.answer(await self.run(self.app.community.searches.stop, self.viewer, search))


class JobsHandler(BaseHandler):
    """All jobs."""

    max_body = 1 << 20

    @operation(
        "Ask the community to train one network",
        body=wire.JobCreate,
        answer=wire.Job,
        status=201,
        access="write",
        idempotent=True,
    )
    async def post(self) -> None:
        """Ask."""
        self.require_user()
        asked = self.viewer, self.body(wire.JobCreate), self.idempotency_key()
        made = await self.run(self.app.community.searches.create_job, *asked)
        self.answer(made, 201, location=f"{self.app.base_url}api/v1/jobs/{made.id}")


class JobHandler(BaseHandler):
    """One job."""

    @operation("A job of one's own: how far it is, its scores, who did what", answer=wire.Job, access="read")
    async def get(self, job: str) -> None:
        """Read."""
        self.answer(await self.run(self.app.community.searches.job, self.viewer, job))


class JobStopHandler(BaseHandler):
    """The end of a job."""

    @operation("Stop a job; what it came to stays", answer=wire.Job, access="write")
    async def post(self, job: str) -> None:
        """Stop."""
        self.require_user()
        self.answer(await self.run(self.app.community.searches.stop_job, self.viewer, job))


class JobCheckpointHandler(BlobHandler):
    """The network that came of a job."""

    @operation("The last accepted state of a job: its checkpoint", media=BINARY, access="read")
    async def get(self, job: str) -> None:
        """Send it."""
        await self.send_blob(await self.run(self.app.community.searches.checkpoint, self.viewer, job))


class MySearchesHandler(BaseHandler):
    """The asker's own."""

    @operation("My searches, newest first", answer=list[wire.Search], query=LIST_QUERY, access="read")
    async def get(self) -> None:
        """List."""
        self.answer_list(*await self.run(self.app.community.searches.mine, self.viewer, **self.paging()))


class CommunityHandler(BaseHandler):
    """The pool as a whole."""

    reads_cookies = False

    @operation("Who lends to the community, what waits, and how much was done", answer=wire.Community)
    async def get(self) -> None:
        """Read."""
        self.answer(await self.run(self.app.community.numbers.community_now))


CALLS = [
    Route("/community", CommunityHandler),
    Route("/jobs/data", JobDataHandler),
    Route("/searches", SearchesHandler),
    Route("/searches/{search}", SearchHandler),
    Route("/searches/{search}/stop", SearchStopHandler),
    Route("/me/searches", MySearchesHandler),
    Route("/jobs", JobsHandler),
    Route("/jobs/{job}/stop", JobStopHandler),
    Route("/jobs/{job}/checkpoint", JobCheckpointHandler),
    Route("/jobs/{job}", JobHandler),
]
