"""Runs over REST: history for everybody, registration and events for user servers."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

import msgspec

from mlabs_ext import wire
from mlabs_ext.errors import BadInput
from mlabs_ext.service.web.api import export
from mlabs_ext.service.web.api.fields import NOTEBOOK, notebook_body
from mlabs_ext.service.web.base import BaseHandler
from mlabs_ext.service.web.headers import raw_headers
from mlabs_ext.service.web.operations import LIST_QUERY, Parameter, Route, operation

MOMENT = {"type": "string", "anyOf": [{"format": "date-time"}, {"format": "date"}, {"maxLength": 0}]}
FILTERS: dict[str, str | Parameter] = {
    "status": "Only runs with this status.",
    "kind": "interactive or batch.",
    "environment": "Only runs in this environment.",
    "since": Parameter("Only runs begun at this time, or on this day, or later.", MOMENT),
    "until": Parameter("Only runs begun before this time or day.", MOMENT),
}
OF_LAB = {"lab": "Only runs of this lab, owner/name."}


def filters(handler: BaseHandler) -> dict[str, Any]:
    """The filters of a list of runs."""
    given: dict[str, Any] = {name: handler.get_query_argument(name, "") or None for name in FILTERS}
    for name in ("since", "until"):
        if given[name] is not None:
            given[name] = moment(name, given[name])
    return given


def own_filters(handler: BaseHandler) -> dict[str, Any]:
    """The filters of a list of one's own runs."""
    return filters(handler) | {"lab": handler.get_query_argument("lab", "") or None}


def moment(name: str, text: str) -> datetime:
    """A time, or the beginning of a day in UTC; BadInput `time_invalid`."""
    whole = f"{text}T00:00:00Z" if len(text) == len("2026-01-31") else text.replace(" ", "+")
    try:
        return msgspec.convert(whole, datetime)
    except msgspec.ValidationError as error:
        reason = f"`{name}` is neither a time as in 2026-01-31T12:00:00Z nor a day as in 2026-01-31."
        raise BadInput(reason, "time_invalid") from error


class LabRunsHandler(BaseHandler):
    """A lab's runs."""

    @operation(
        "A lab's runs, newest first",
        answer=list[wire.Run],
        query=FILTERS | LIST_QUERY | export.FORMAT,
        files=export.MEDIA,
    )
    async def get(self, owner: str, lab: str) -> None:
        """List."""
        rule = partial(self.app.runs.list_of_lab, self.viewer, owner, lab, **filters(self))
        if form := export.asked(self):
            return await export.send(self, form, f"{lab}-runs", rule)
        return self.answer_list(*await self.run(rule, **self.paging()))

    @operation(
        "Run a lab of one's own in the background: its latest version, or what the fields say",
        body=wire.BatchCreate,
        body_needed=False,
        answer=wire.Run,
        status=202,
        access="write",
        idempotent=True,
    )
    async def post(self, owner: str, lab: str) -> None:
        """Queue."""
        self.require_user()
        given = notebook_body(self, wire.BatchCreate) if self.request.body else (wire.BatchCreate(), None)
        key = self.idempotency_key()
        run = await self.run(self.app.batches.request, self.viewer, owner, lab, *given, key=key)
        self.answer(run, 202, location=run.url)


class MyRunsHandler(BaseHandler):
    """The runs of who asks."""

    @operation(
        "My runs, newest first",
        answer=list[wire.Run],
        query=FILTERS | OF_LAB | LIST_QUERY | export.FORMAT,
        access="read",
        files=export.MEDIA,
    )
    async def get(self) -> None:
        """List."""
        rule = partial(self.app.runs.list_of_user, self.viewer, **own_filters(self))
        if form := export.asked(self):
            return await export.send(self, form, "my-runs", rule)
        return self.answer_list(*await self.run(rule, **self.paging()))


class MyTotalsHandler(BaseHandler):
    """How many they are."""

    @operation("How many runs I have", answer=wire.RunTotals, query=FILTERS | OF_LAB, access="read")
    async def get(self) -> None:
        """Count."""
        self.answer(await self.run(self.app.runs.totals_of_user, self.viewer, **own_filters(self)))


class RunsHandler(BaseHandler):
    """Registration of runs."""

    reports = True
    max_body = 1024**2

    @operation(
        "Register a run, from a user's server; the same again changes nothing",
        body=wire.RunCreate,
        answer=wire.Run,
        status=201,
        access="write",
    )
    async def post(self) -> None:
        """Register."""
        self.require_user()
        run = await self.run(self.app.runs.register, self.viewer, self.body(wire.RunCreate))
        self.answer(run, 201, location=run.url)


class RunHandler(BaseHandler):
    """One run."""

    @operation("Read a run", answer=wire.Run)
    async def get(self, run: str) -> None:
        """Read."""
        self.answer(await self.run(self.app.runs.get, self.viewer, run))

    @operation("Delete a run and its events", status=204, access="write")
    async def delete(self, run: str) -> None:
        """Delete."""
        await self.run(self.app.runs.delete, self.viewer, run)
        self.set_status(204)


class StopHandler(BaseHandler):
    """Stopping a batch run."""

    @operation(
        "Stop a batch run; what it has produced is kept. One that has ended stays as it is",
        answer=wire.Run,
        status=202,
        access="write",
    )
    async def post(self, run: str) -> None:
        """Stop."""
        self.require_user()
        self.answer(await self.run(self.app.batches.stop, self.viewer, run), 202)


class OrderHandler(BaseHandler):
    """What a batch run's server executes."""

    reports = True

    @operation("For a batch run's own server: what it executes", answer=wire.BatchOrder, access="read")
    async def get(self, run: str) -> None:
        """Read."""
        self.require_user()
        self.answer(await self.run(self.app.batches.order, self.viewer, run))


class RunRuntimeHandler(BaseHandler):
    """What a batch run's server needs."""

    @operation("For the hub: what a batch run's server needs", answer=wire.BatchRuntime, access="hub")
    async def get(self, run: str) -> None:
        """Read."""
        self.answer(await self.run(self.app.batches.runtime, self.viewer, run))


class RunNotebookHandler(BaseHandler):
    """The notebook as it was executed."""

    @operation("The executed notebook, as a file", media=NOTEBOOK)
    async def get(self, run: str) -> None:
        """Download."""
        data = await self.run(self.app.runs.notebook, self.viewer, run)
        for name, value in raw_headers(NOTEBOOK, f"run-{run}.ipynb", public=False).items():
            self.set_header(name, value)
        self.finish(data)


CALLS = [
    Route("/labs/{owner}/{lab}/runs", LabRunsHandler),
    Route("/me/runs", MyRunsHandler),
    Route("/me/runs/totals", MyTotalsHandler),
    Route("/runs", RunsHandler),
    Route("/runs/{run}", RunHandler),
    Route("/runs/{run}/stop", StopHandler),
    Route("/runs/{run}/order", OrderHandler),
    Route("/runs/{run}/runtime", RunRuntimeHandler),
    Route("/runs/{run}/notebook", RunNotebookHandler),
]
