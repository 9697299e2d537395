"""Stands in for the MLabs service: what it knows and what goes wrong with it, over real HTTP."""

from __future__ import annotations

import json
import socket
from typing import Any

from lab.fake_answers import NOW, PREFIX, ROUTES, NotThere
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application

from mlabs_ext import names, notebook
from mlabs_ext.errors import Conflict, NotFound
from mlabs_ext.service.run_metrics import Value, of_events
from mlabs_ext.wire import (
    Environment,
    EventsAccepted,
    Lab,
    LabCreate,
    Run,
    RunCreate,
    RunEvent,
    Version,
    VersionCreate,
)

ENVIRONMENTS = [
    Environment("python", "Python", "Science.", {"numpy": "2.4.1"}, "3.11", ["none"], True, True),
    Environment("pytorch", "PyTorch", "Networks.", {"torch": "2.13.0"}, "3.11", ["none", "gpu"], True, False),
    Environment("caffe", "Caffe", "Old.", {}, "3.11", ["none"], False, False, "It needs cmake."),
]


class FakeService:
    """State and faults. `fault(path, body)` may return an error to be answered in place of the truth."""

    token = "owner-token"
    user = "ada"

    def __init__(self):
        self.port = 0
        self._server: HTTPServer | None = None
        self.forget()

    def forget(self) -> None:
        """Begin again."""
        self.labs: dict[str, Lab] = {}
        self.trash: list[Lab] = []
        self.notebooks: dict[str, list[bytes]] = {}
        self.versions: list[VersionCreate | LabCreate] = []
        self.runs: dict[str, RunCreate] = {}
        self.events: dict[str, list[RunEvent]] = {}
        self.requests: list[tuple[str, str, bytes]] = []
        self.batches: list[int] = []
        self.beats = 0
        self.watching: dict[str, int] = {}
        self.environments = list(ENVIRONMENTS)
        self.me: dict[str, Any] = {"name": self.user, "admin": False}
        self.queues: list[dict[str, Any]] = []
        self.open_servers: list[dict[str, Any]] = []
        self.fault: Any = lambda path, body: None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{PREFIX}"

    async def up(self) -> None:
        routes = [(f"{PREFIX}api/v1/{pattern}", handler, {"service": self}) for pattern, handler in ROUTES]
        sockets = bind_sockets(self.port, "127.0.0.1", family=socket.AF_INET)
        self.port = sockets[0].getsockname()[1]
        self._server = HTTPServer(Application(routes), max_body_size=64_000_000, max_buffer_size=64_000_000)
        self._server.add_sockets(sockets)

    async def up_as_another_program(self) -> None:
        """Answer as a hub or proxy does for a service that is not there: with a page."""
        self._server = Application([(".*", NotThere)]).listen(self.port, "127.0.0.1")

    async def down(self) -> None:
        if self._server:
            self._server.stop()
            await self._server.close_all_connections()
            self._server = None

    def add_lab(self, reference: str, data: bytes | None = None, **fields: Any) -> Lab:
        owner, name = names.split_lab(reference)
        lab = Lab(
            id=reference, owner=owner, name=name, title=name, description="", tags=[], visibility="public",
            environment="python", accelerator="none", version=0, forked_from=None, forks=0, stars=0, runs=0,
            live=False, created=NOW, updated=NOW, url=f"{PREFIX}@{reference}",
            embed_url=f"{PREFIX}embed/@{reference}",
        )  # fmt: skip
        for field, value in fields.items():
            setattr(lab, field, value)
        self.labs[reference] = lab
        self.notebooks[reference] = []
        if data is not None:
            self.add_version(lab, data)
        return lab

    def add_version(self, lab: Lab, data: bytes) -> Version:
        nb = notebook.clean(notebook.parse(data))
        stored = notebook.dumps(nb)
        versions = self.notebooks[lab.id]
        if not versions or versions[-1] != stored:
            versions.append(stored)
        lab.version = len(versions)
        digest = notebook.sha256(stored)
        return Version(
            lab.id, lab.version, self.user, "", lab.environment, lab.accelerator, NOW, digest,
            notebook.code_sha256(nb), len(nb.cells), len(stored), f"{lab.url}/v/{lab.version}",
        )  # fmt: skip

    def lab(self, reference: str) -> Lab:
        if reference not in self.labs:
            raise NotFound(f"There is no lab {reference}.", "lab_not_found")
        return self.labs[reference]

    def run(self, run: str) -> Run:
        create, events = self.runs[run], self.events[run]
        ends = [event for event in events if event.type == "end"]
        status = ends[-1].data["status"] if ends else "running"
        return Run(
            id=run, lab=create.lab, version=None, user=self.user, kind=create.kind, run_all=create.run_all,
            status=status, busy=False, environment=create.environment, image=create.image,
            accelerator=create.accelerator, parameters={}, started=create.started,
            ended=ends[-1].time if ends else None, duration=None,
            cells=sum(event.type == "execute" for event in events), error=None,
            metrics={name: values[-1].value for name, values in self.curves(run).items()},
            code_sha256=None,
            url=f"{PREFIX}@{create.lab}/runs/{run}", watching=self.watching.get(run, 0),
        )  # fmt: skip

    def curves(self, run: str) -> dict[str, list[Value]]:
        """What a run logged, by name."""
        return of_events([event for event in self.events.get(run, []) if event.type == "metric"])

    def accept(self, run: str, batch: list[RunEvent]) -> EventsAccepted:
        if run not in self.runs:
            raise NotFound("There is no such run.", "run_not_found")
        events = self.events[run]
        self.batches.append(len(batch))
        self.beats += not batch
        for event in batch:
            if event.seq > len(events) + 1:
                raise Conflict("Events are missing.", "events_missing", {"expected": len(events) + 1})
            if event.seq == len(events) + 1:
                events.append(event)
        return EventsAccepted(len(events), self.watching.get(run, 0))

    def lab_of(self, path: str, body: bytes) -> str:
        """Which lab a request about a run is about."""
        run = path.split("/")[1] if "/" in path else ""
        return self.runs[run].lab if run in self.runs else json.loads(body).get("lab", "")

    def ended(self) -> dict[str, str]:
        """The runs that have ended, oldest first, and how."""
        last = {run: events[-1] for run, events in sorted(self.events.items()) if events}
        return {run: event.data["status"] for run, event in last.items() if event.type == "end"}

    def printed(self, run: str) -> str:
        outputs = [event.data["output"] for event in self.events[run] if event.type == "output"]
        return "".join(output["text"] for output in outputs if output["output_type"] == "stream")
