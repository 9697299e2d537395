"""The calls that the stand-in for the service knows, each answered from its state, or with its fault."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
from tornado.web import RequestHandler
from ulid import ULID

from mlabs_ext import names
from mlabs_ext.errors import Conflict, Forbidden, MLabsError, NotFound
from mlabs_ext.notebook_diff import difference
from mlabs_ext.service import replay
from mlabs_ext.wire import (
    BatchCreate,
    ForkCreate,
    LabChange,
    LabCreate,
    MetricSeries,
    Origin,
    RunCreate,
    RunEvents,
    RunMetrics,
    VersionCreate,
)
from mlabs_ext.wire.comparisons import ComparedSide, Comparison

if TYPE_CHECKING:
    from lab.fake_service import FakeService

PREFIX = "/services/mlabs/"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Handler(RequestHandler):
    def initialize(self, service: FakeService) -> None:
        self.service = service

    def prepare(self) -> None:
        self.service.requests.append((self.request.method, self.request.path, self.request.body))
        path = self.request.path.removeprefix(f"{PREFIX}api/v1/")
        if error := self.service.fault(path, self.request.body):
            raise error
        if self.request.headers.get("Authorization") != f"token {self.service.token}":
            raise Forbidden("No such token.")

    def body(self, shape: type) -> Any:
        return msgspec.json.decode(self.request.body, type=shape)

    def answer(self, value: Any, status: int = 200) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        self.finish(msgspec.json.encode(value))

    def log_exception(self, *error: Any) -> None:
        if not isinstance(error[1], MLabsError):
            super().log_exception(*error)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        error = kwargs["exc_info"][1]
        if isinstance(error, MLabsError):
            self.answer(error.body(), error.status)
        else:
            super().write_error(status_code, **kwargs)


class NotThere(RequestHandler):
    def post(self) -> None:
        self.set_status(404)
        self.finish("<html>404 : Not Found</html>")


class Runs(Handler):
    def post(self) -> None:
        create = self.body(RunCreate)
        self.service.lab(create.lab)
        self.service.runs.setdefault(create.id, create)
        self.service.events.setdefault(create.id, [])
        self.answer(self.service.run(create.id), 201)


class Events(Handler):
    def post(self, run: str) -> None:
        self.answer(self.service.accept(run, self.body(RunEvents).events))


class OneRun(Handler):
    def get(self, run: str) -> None:
        if run not in self.service.runs:
            raise NotFound("There is no such run.", "run_not_found")
        self.answer(self.service.run(run))


class RunNotebook(Handler):
    def get(self, run: str) -> None:
        self.finish(replay.rebuild(self.service.events[run], {}))


class RunCurves(Handler):
    def get(self, run: str) -> None:
        series = [
            MetricSeries(
                name,
                len(values),
                [at if value.step is None else value.step for at, value in enumerate(values)],
                [value.at for value in values],
                [value.value for value in values],
            )
            for name, values in self.service.curves(run).items()
        ]
        self.answer(RunMetrics(run, series))


class Compare(Handler):
    def get(self, owner: str, name: str, a: str, b: str) -> None:
        sides = [json.loads(replay.rebuild(self.service.events[run], {})) for run in (a, b)]
        found = difference(*sides, True)
        runs = [self.service.run(run) for run in (a, b)]
        sides = [ComparedSide(run.id, None, run) for run in runs]
        metrics = {name: tuple(run.metrics.get(name) for run in runs) for name in runs[0].metrics}
        self.answer(Comparison(*sides, found.diff, found.cells, metrics, {}, {}, {}))


class Labs(Handler):
    def get(self) -> None:
        owner, limit = self.get_argument("owner"), int(self.get_argument("limit"))
        items = [lab for lab in self.service.labs.values() if lab.owner == owner]
        self.answer({"items": items[:limit], "next": None})

    def post(self) -> None:
        create = self.body(LabCreate)
        title = create.title or "untitled"
        reference = f"{self.service.user}/{create.name or names.name_from(title)}"
        if reference in self.service.labs:
            raise Conflict("There is such a lab.", "lab_exists")
        seen_by = create.visibility or "public"
        lab = self.service.add_lab(reference, bytes(create.notebook), title=title, visibility=seen_by)
        self.service.versions.append(create)
        self.answer(lab, 201)


class OneLab(Handler):
    def get(self, owner: str, name: str) -> None:
        self.answer(self.service.lab(f"{owner}/{name}"))

    def patch(self, owner: str, name: str) -> None:
        lab = self.service.lab(f"{owner}/{name}")
        for field, value in json.loads(msgspec.json.encode(self.body(LabChange))).items():
            setattr(lab, field, value)
        self.answer(lab)


class OpenServer(Handler):
    """A server that is asked to stop."""

    def delete(self, server: str) -> None:
        if server not in [each["id"] for each in self.service.open_servers]:
            raise NotFound("There is no such server.", "server_not_found")
        self.set_status(204)


class Trash(Handler):
    def get(self) -> None:
        items = [{"lab": lab, "deleted": NOW} for lab in self.service.trash]
        self.answer({"items": items, "next": None})


class Environments(Handler):
    def get(self) -> None:
        self.answer(self.service.environments)


class Queues(Handler):
    def get(self) -> None:
        self.answer(self.service.queues)


class Me(Handler):
    def get(self) -> None:
        self.answer(self.service.me)


class OpenServers(Handler):
    def get(self) -> None:
        self.answer({"items": self.service.open_servers})


class Versions(Handler):
    def post(self, owner: str, name: str) -> None:
        create = self.body(VersionCreate)
        lab = self.service.lab(f"{owner}/{name}")
        self.service.versions.append(create)
        before = lab.version
        version = self.service.add_version(lab, bytes(create.notebook))
        self.answer(version, 201 if lab.version > before else 200)


class Notebook(Handler):
    def get(self, owner: str, name: str) -> None:
        lab = self.service.lab(f"{owner}/{name}")
        self.finish(self.service.notebooks[lab.id][-1])


class Fork(Handler):
    def post(self, owner: str, name: str) -> None:
        parent = self.service.lab(f"{owner}/{name}")
        asked = self.body(ForkCreate)
        reference = f"{self.service.user}/{asked.name or name}"
        data = self.service.notebooks[parent.id][-1]
        origin = Origin(parent.id, parent.version)
        self.answer(self.service.add_lab(reference, data, title=parent.title, forked_from=origin), 201)


class Assets(Handler):
    """No files beside a lab, and no datasets."""

    def get(self, owner: str, name: str) -> None:
        self.service.lab(f"{owner}/{name}")
        self.answer({"items": [], "next": None})


class RunsOfLab(Handler):
    def get(self, owner: str, name: str) -> None:
        lab = self.service.lab(f"{owner}/{name}")
        newest = sorted(
            (run for run, create in self.service.runs.items() if create.lab == lab.id), reverse=True
        )
        for name in ("status", "kind"):
            if wanted := self.get_argument(name, ""):
                newest = [run for run in newest if getattr(self.service.run(run), name) == wanted]
        start, limit = int(self.get_argument("cursor", "0")), int(self.get_argument("limit", "30"))
        shown = [self.service.run(run) for run in newest[start : start + limit]]
        following = str(start + limit) if len(newest) > start + limit else None
        self.answer({"items": shown, "next": following})

    def post(self, owner: str, name: str) -> None:
        """A batch run: it waits for as long as this service lives."""
        lab, asked = self.service.lab(f"{owner}/{name}"), self.body(BatchCreate)
        run = RunCreate(
            str(ULID()), lab.id, NOW, lab.environment, kind="batch", parameters=asked.parameters or {}
        )
        self.service.runs[run.id], self.service.events[run.id] = run, []
        answer = self.service.run(run.id)
        answer.status = "queued"
        self.answer(answer, 202)


LAB = r"labs/([^/]+)/([^/]+)"
ROUTES = [
    (r"runs", Runs),
    (r"runs/([^/]+)/events", Events),
    (r"runs/([^/]+)", OneRun),
    (r"runs/([^/]+)/notebook", RunNotebook),
    (r"runs/([^/]+)/metrics", RunCurves),
    (r"labs", Labs),
    (LAB, OneLab),
    (r"environments", Environments),
    (r"queue", Queues),
    (r"me", Me),
    (r"me/servers", OpenServers),
    (r"me/servers/([^/]+)", OpenServer),
    (r"me/trash", Trash),
    (f"{LAB}/versions", Versions),
    (f"{LAB}/versions/latest/notebook", Notebook),
    (f"{LAB}/fork", Fork),
    (f"{LAB}/runs", RunsOfLab),
    (rf"{LAB}/compare/([^/.]+)\.\.\.([^/.]+)", Compare),
    (f"{LAB}/assets", Assets),
    (f"{LAB}/data", Assets),
]
