"""The pages of runs: a lab's history, and one run that ends up as its final result."""

from __future__ import annotations

from urllib.parse import urlencode

from mlabs_ext.errors import NotFound
from mlabs_ext.service.wanted import BROWSER
from mlabs_ext.service.web.pages.base import Page, render_base

PAGE = 30
# Files on a run's page; the archive has all of them.
SHOWN = 200


class RunsPage(Page):
    """`BASE/@{owner}/{lab}/runs`."""

    async def get(self, owner: str, name: str) -> None:
        """Show a lab's runs, newest first."""
        lab = await self.run(self.app.labs.get, self.viewer, owner, name)
        cursor = self.get_query_argument("cursor", None)
        runs, following = await self.run(self.app.runs.list_of_lab, self.viewer, owner, name, PAGE, cursor)
        self.page("runs.html", lab=lab, runs=runs, next=next_page(following))


class RunPage(Page):
    """`BASE/@{owner}/{lab}/runs/{id}`."""

    async def get(self, owner: str, name: str, run_id: str) -> None:
        """Show one run, whether it has ended or not."""
        lab = await self.run(self.app.labs.get, self.viewer, owner, name)
        run = await self.run(self.app.runs.get, self.viewer, run_id)
        if run.lab != f"{lab.owner}/{lab.name}":
            raise NotFound("There is no such run of this lab.", "run_not_found")
        raised_in = await self.run(self.app.runs.raised_in, self.viewer, run)
        outputs = await self.run(self.app.assets.list_of_run, self.viewer, run_id, SHOWN)
        models = await self.run(self.app.modelling.models.of_run, self.viewer, run_id)
        unread = self.app.telling.notifications.unread_of
        news = await self.run(unread, self.viewer, run_id) if self.unread else None
        base = render_base(self.app, lab, run)
        offered = self.app.modelling.outputs.offered(self.viewer, run, outputs, models)
        self.page(
            "run.html",
            lab=lab,
            run=run,
            raised_in=raised_in,
            outputs=outputs,
            news=news,
            render_base=base,
            models=models,
            offered=offered,
            browser=BROWSER,
        )


def next_page(following: str | None) -> str | None:
    """The address of a list's next page, relative to this one."""
    return f"?{urlencode({'cursor': following})}" if following else None
