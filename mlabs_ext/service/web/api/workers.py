"""The calls of those who lend to the community pool, by a token that opens nothing else."""

from __future__ import annotations

from mlabs_ext.service.web.base import BaseHandler, client_of
from mlabs_ext.service.web.blob_sending import BlobHandler
from mlabs_ext.service.web.files import TakingHandler
from mlabs_ext.service.web.operations import Route, operation
from mlabs_ext.wire import community as wire

BINARY = "application/octet-stream"
RESULT = {"lease": "The lease that the result is of."}


class WorkersHandler(BaseHandler):
    """All who lend."""

    max_body = 4096

    @operation(
        "Register a tab or a machine that lends; its token is told this once",
        body=wire.WorkerCreate,
        answer=wire.WorkerCreated,
        status=201,
    )
    async def post(self) -> None:
        """Register."""
        await self.run(self.app.community.workers.may_register, self.viewer)
        self.app.traffic.register(client_of(self.app, self.request), self.viewer.name)
        fields = self.body(wire.WorkerCreate)
        self.answer(await self.run(self.app.community.workers.register, self.viewer, fields), 201)


class WorkerCall(BaseHandler):
    """What a worker calls: cookies and people's tokens count for nothing here."""

    reads_cookies = False
    max_body: int | None = 4096
    worker = ""
    # Whether it may be asked while the pool is switched off.
    always = False

    async def _model(self) -> None:
        """Nobody in particular: a worker is no person."""

    async def prepare(self) -> None:
        """Find out which worker asks."""
        await super().prepare()
        self.set_header("Cache-Control", "private, no-store")
        said = self.request.headers.get("Authorization", "")
        self.worker = await self.run(self.app.community.workers.known, said, self.always)


class WorkerHandler(WorkerCall):
    """One worker."""

    always = True

    @operation(
        "Leave the pool: what the worker was at is given to somebody else", status=204, access="worker"
    )
    async def delete(self, worker: str) -> None:
        """Leave."""
        await self.run(self.app.community.workers.leave, self.worker, worker)
        self.set_status(204)


class ClaimHandler(WorkerCall):
    """The next slice."""

    @operation(
        "Take the next slice, or again the one that the worker has; 204 with Retry-After where there is none",
        answer=wire.Lease,
        other_statuses=(204,),
        access="worker",
    )
    async def post(self) -> None:
        """Claim."""
        lease = await self.run(self.app.community.leases.claim, self.worker)
        if lease is not None:
            self.answer(lease)
            return
        self.set_header("Retry-After", str(await self.run(self.app.community.leases.again)))
        self.set_status(204)


class RenewHandler(WorkerCall):
    """A lease that goes on."""

    @operation(
        "Say that a slice goes on; without `go_on` in the answer nobody wants it any more",
        body=wire.LeaseRenew,
        answer=wire.LeaseRenewed,
        access="worker",
    )
    async def post(self, job: str) -> None:
        """Renew."""
        asked = self.worker, job, self.body(wire.LeaseRenew)
        self.answer(await self.run(self.app.community.leases.renew, *asked))


class ReleaseHandler(WorkerCall):
    """A lease that is given back."""

    always = True

    @operation("Give a slice back undone", body=wire.LeaseRelease, status=204, access="worker")
    async def post(self, job: str) -> None:
        """Release."""
        await self.run(self.app.community.leases.release, self.worker, job, self.body(wire.LeaseRelease))
        self.set_status(204)


class ResultHandler(TakingHandler, WorkerCall):
    """A result."""

    verb = "POST"
    max_body = None

    async def begin(self, size: int) -> None:
        """Ask whether it is wanted."""
        asked = self.worker, self.path_args[0], self.get_query_argument("lease", ""), size
        self.most = await self.run(self.app.community.results.expect, *asked)

    @operation(
        "Bring the checkpoint of a slice, which is the body; the same again has the same answer",
        takes=BINARY,
        answer=wire.ResultReceived,
        query=RESULT,
        access="worker",
    )
    async def post(self, job: str) -> None:
        """Take it."""
        lease = self.get_query_argument("lease", "")
        took = await self.run(self.app.community.results.take, self.worker, job, lease, self.came())
        self.answer(took)


class WorkerDataHandler(WorkerCall, BlobHandler):
    """Rows to train on."""

    @operation("The rows that the worker's lease names", media=BINARY, access="worker")
    async def get(self, digest: str) -> None:
        """Send them."""
        await self.send_blob(await self.run(self.app.community.leases.data_of, self.worker, digest))


class WorkerStartHandler(WorkerCall, BlobHandler):
    """The checkpoint that a slice begins at."""

    @operation("The checkpoint that the worker's lease begins at", media=BINARY, access="worker")
    async def get(self, digest: str) -> None:
        """Send it."""
        await self.send_blob(await self.run(self.app.community.leases.start_of, self.worker, digest))


CALLS = [
    Route("/workers", WorkersHandler),
    Route("/workers/{worker}", WorkerHandler),
    Route("/jobs/claim", ClaimHandler),
    Route("/jobs/data/{digest}", WorkerDataHandler),
    Route("/jobs/checkpoints/{digest}", WorkerStartHandler),
    Route("/jobs/{job}/renew", RenewHandler),
    Route("/jobs/{job}/release", ReleaseHandler),
    Route("/jobs/{job}/result", ResultHandler),
]
