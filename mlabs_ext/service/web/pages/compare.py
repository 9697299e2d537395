"""The page that shows two versions or runs side by side, the way there, and the way back to a version."""

from __future__ import annotations

from mlabs_ext.errors import BadInput, NotFound
from mlabs_ext.service.comparisons import NOTHING_BEFORE
from mlabs_ext.service.web.api.comparing import compared
from mlabs_ext.service.web.formats import lab_path
from mlabs_ext.service.web.pages.base import Page, render_base

# Outputs that are drawn at once: each is a document of its own.
FRAMES = 30


class ComparePage(Page):
    """`BASE/@{owner}/{lab}/compare/{a}...{b}`."""

    async def get(self, owner: str, name: str, a: str, b: str) -> None:
        """Show what differs."""
        lab = await self.run(self.app.labs.get, self.viewer, owner, name)
        try:
            found = await compared(self, owner, name, a, b)
        except NotFound as error:
            if error.code != NOTHING_BEFORE:
                raise
            # Every run's page leads here, that of the first one too.
            self.page("compare_first.html", lab=lab, run=b)
            return
        changed = [cell for cell in found.cells if cell.change != "same"]
        runs = [side.run for side in (found.a, found.b) if side.version is None and side.run]
        base = render_base(self.app, lab, *runs)
        self.page("compare.html", lab=lab, found=found, changed=changed, frames=FRAMES, render_base=base)


class CompareTwo(Page):
    """`BASE/@{owner}/{lab}/compare?run=…&run=…`, the form of a list of runs."""

    async def get(self, owner: str, name: str) -> None:
        """Move on to the comparison: the older one first."""
        runs = sorted(set(self.get_query_arguments("run")))
        if len(runs) != 2 or not all(run.isalnum() and run.isascii() for run in runs):
            raise BadInput("Choose two runs to compare: go back and tick two boxes.", "comparison_invalid")
        self.go(f"{self.app.base_url}{lab_path(f'{owner}/{name}')}/compare/{runs[0]}...{runs[1]}")


class RestoreVersion(Page):
    """`POST BASE/@{owner}/{lab}/v/{n}/restore`."""

    async def post(self, owner: str, name: str, number: str) -> None:
        """Make an earlier version's notebook the latest version."""
        self.require_user()
        rule = self.app.versions.restore
        version, _ = await self.run(rule, self.viewer, owner, name, int(number))
        self.app.ahead.render(version.notebook_sha256)
        self.go(f"{self.app.base_url}{lab_path(version.lab)}")
