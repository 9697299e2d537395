"""Where a notebook starts to run: new, open and fork each ask first, since a GET must start nothing."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from types import SimpleNamespace
from urllib.parse import quote, urlencode

from mlabs_ext.names import server_name
from mlabs_ext.service.web.pages.base import Page, shaped
from mlabs_ext.wire import Environment, ForkCreate, Lab, LabCreate

FIELDS = ("title", "environment", "accelerator")
FORKS_LOOKED_AT = 100


def spawn_url(hub_base: str, lab: Lab) -> str:
    """Where JupyterHub starts the owner's server for `lab` and goes on to its notebook."""
    reference = f"{lab.owner}/{lab.name}"
    server = f"{quote(lab.owner, safe='@~')}/{server_name(lab.name)}"
    opened = f"{hub_base}user/{server}/mlabs/api/open?{urlencode({'lab': reference})}"
    return f"{hub_base}hub/spawn/{server}?{urlencode({'opt-lab': reference, 'next': opened})}"


def preselected(environments: Sequence[Environment], wanted: str) -> str:
    """The environment that is wanted where it can be used, else the default, else any."""
    usable = [item for item in environments if item.available]
    best = sorted(usable, key=lambda item: (item.name != wanted, not item.default))
    return best[0].name if best else ""


def accelerators(environments: Sequence[Environment]) -> list[str]:
    """What can be asked for here, "none" first."""
    known = {name for item in environments if item.available for name in item.accelerators}
    return ["none", *sorted(known - {"none"})]


class NewPage(Page):
    """`BASE/new`."""

    async def get(self) -> None:
        """Ask for a title and an environment."""
        self.require_user()
        wanted = {name: self.get_query_argument(name, "") for name in FIELDS}
        self.ask(wanted)

    def ask(self, wanted: dict[str, str], problem: str = "", status: int = 200) -> None:
        """Show the form."""
        environments = self.app.catalogue.public()
        wanted = wanted | {"environment": preselected(environments, wanted["environment"])}
        self.page(
            "new.html",
            status,
            environments=environments,
            accelerators=accelerators(environments),
            form=SimpleNamespace(**wanted),
            problem=problem,
        )

    async def post(self) -> None:
        """Make a draft and open it."""
        self.require_user()
        wanted = {name: self.field(name) for name in FIELDS}
        lab = await self.attempt(self.create(wanted), partial(self.ask, wanted))
        if lab:
            self.go(spawn_url(self.app.hub_base, lab))

    async def create(self, wanted: dict[str, str]) -> Lab:
        """Call the rule with what the form gives."""
        fields = shaped(LabCreate, {name: value for name, value in wanted.items() if value})
        return await self.run(self.app.labs.create, self.viewer, fields, None)


class OpenPage(Page):
    """`BASE/open/@{owner}/{lab}`: for the owner; others fork."""

    async def get(self, owner: str, name: str) -> None:
        """Say what opening does."""
        lab = await self.own(owner, name)
        if lab:
            self.page("start.html", lab=lab, action="open", own_forks=[])

    async def post(self, owner: str, name: str) -> None:
        """Open it."""
        lab = await self.own(owner, name)
        if lab:
            self.go(spawn_url(self.app.hub_base, lab))

    async def own(self, owner: str, name: str) -> Lab | None:
        """The lab where it is the asker's; anybody else is led to fork it."""
        self.require_user()
        lab = await self.run(self.app.labs.get, self.viewer, owner, name)
        if self.viewer.name == lab.owner:
            return lab
        self.go(f"{self.app.base_url}fork/@{quote(owner, safe='')}/{name}")
        return None


class ForkPage(Page):
    """`BASE/fork/@{owner}/{lab}`."""

    async def get(self, owner: str, name: str) -> None:
        """Say what forking does, and show the forks that the asker has already."""
        self.require_user()
        lab = await self.run(self.app.labs.get, self.viewer, owner, name)
        mine, _ = await self.run(
            self.app.labs.find, self.viewer, owner=self.viewer.name, limit=FORKS_LOOKED_AT
        )
        reference = f"{lab.owner}/{lab.name}"
        forks = [item for item in mine if item.forked_from and item.forked_from.lab == reference]
        self.page("start.html", lab=lab, action="fork", own_forks=forks)

    async def post(self, owner: str, name: str) -> None:
        """Fork it and open the fork."""
        self.require_user()
        fork = await self.run(self.app.labs.fork, self.viewer, owner, name, ForkCreate())
        self.go(spawn_url(self.app.hub_base, fork))
