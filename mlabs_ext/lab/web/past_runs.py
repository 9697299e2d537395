"""One run of a notebook's history: its curves, its notebook, what it differs in, and once more."""

from __future__ import annotations

import re

from jupyter_server.auth.decorator import authorized
from tornado import web

from mlabs_ext.errors import BadInput
from mlabs_ext.lab.web.base import Api
from mlabs_ext.wire.history import AgainRequest, CompareRequest, HistorySeries

RUN_ID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
MOST = 100


class PastRunApi(Api):
    """Reads ids of runs from the query."""

    def run_argument(self, name: str = "run") -> str:
        """One of them. BadInput `run_invalid`."""
        return self._checked(self.get_query_argument(name, ""))

    def run_arguments(self, name: str) -> list[str]:
        """All of that name."""
        given = self.get_query_arguments(name)
        if len(given) > MOST:
            raise BadInput(f"Ask for at most {MOST} runs at once.", "too_many_runs")
        return [self._checked(run) for run in given]

    def _checked(self, run: str) -> str:
        if not RUN_ID.fullmatch(run):
            raise BadInput(f"{run!r:.60} is no id of a run.", "run_invalid")
        return run


class SeriesHandler(PastRunApi):
    """`GET history/series`."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """What `?run=` logged, each; those of `?ended=` log nothing more."""
        runs, ended = self.run_arguments("run"), self.run_arguments("ended")
        self.answer(HistorySeries(await self.rules.past_runs.series(runs, ended)))


class RunNotebookHandler(PastRunApi):
    """`GET history/notebook`."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """What a run executed, as a notebook."""
        self.finish(await self.rules.past_runs.notebook(self.run_argument()))


class CompareHandler(PastRunApi):
    """`GET history/compare` and `POST history/compare`."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Two runs of a notebook."""
        asked = self.path_argument(), self.run_argument("a"), self.run_argument("b")
        self.answer(await self.rules.past_runs.compare_runs(*asked))

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """A run and a notebook as it is in an editor."""
        self.answer(await self.rules.past_runs.compare(self.body(CompareRequest)))


class AgainHandler(PastRunApi):
    """`POST history/again`."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Repeat a run in the background; the answer says where to follow it."""
        self.answer(await self.rules.past_runs.again(self.body(AgainRequest)), 202)
