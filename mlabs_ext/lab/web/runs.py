"""Runs: of the past, of all cells, in the background."""

from __future__ import annotations

from urllib.parse import quote

from jupyter_server.auth.decorator import authorized
from tornado import web

from mlabs_ext.errors import BadInput
from mlabs_ext.lab.history import Wanted
from mlabs_ext.lab.web.base import Api, Mine
from mlabs_ext.wire import BackgroundRequest, RunAllMark

PAGE = 30
PAGE_MAX = 100


class HistoryHandler(Api):
    """`GET history`."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Runs of a notebook, newest first."""
        limit = self.get_query_argument("limit", str(PAGE))
        if not limit.isdecimal() or not 0 < int(limit) <= PAGE_MAX:
            raise BadInput(f"`limit` is a number from 1 to {PAGE_MAX}.", "limit_invalid")
        cursor = self.get_query_argument("cursor", None)
        wanted = Wanted(*(self.get_query_argument(name, "") or None for name in Wanted._fields))
        self.answer(await self.rules.history.page(self.path_argument(), int(limit), cursor, wanted))


class RunAllHandler(Api):
    """`POST run-all`."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """A front end runs all cells now."""
        mark = self.body(RunAllMark)
        self.app.recorder.run_all_begins(mark.path.strip("/"), mark.cells)
        self.set_status(204)
        self.finish()


class BackgroundHandler(Api):
    """`POST background`."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Run a notebook as it is saved in the background; the answer says where to follow it."""
        self.answer(await self.rules.background.run(self.body(BackgroundRequest)), 202)


class RunHandler(Mine):
    """`GET run`: where a batch run's server sends whoever comes to look."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Go to the run's page, or to the lab of a server that has none."""
        owner, _, lab = self.app.lab.partition("/")
        page = f"{self.app.base_path}@{quote(owner, safe='')}/{lab}"
        self.redirect(f"{page}/runs/{self.app.run}" if self.app.run else page)
