"""A new lab: asks for what it runs on first, since a GET must start nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from types import SimpleNamespace

from msgspec import structs

from mlabs_ext.errors import NotFound
from mlabs_ext.names import split_lab
from mlabs_ext.service.beginnings import Beginning
from mlabs_ext.service.starts import Outlook
from mlabs_ext.service.web.formats import lab_path
from mlabs_ext.service.web.pages.base import Page, shaped
from mlabs_ext.service.web.pages.forms import form_key, sent_once
from mlabs_ext.service.web.pages.servers import stopping
from mlabs_ext.service.web.pages.start import LATER, spawn_url
from mlabs_ext.wire import DataAttach, Environment, Lab, LabCreate, Limits, RuntimeChoice

FIELDS = ("title", "environment", "accelerator")
DATASET = re.compile(r"[^/\s]{1,255}/[a-z0-9-]{1,60}")
UNKNOWN = ("environment_unknown", "accelerator_unknown")


def preselected(environments: Sequence[Environment], wanted: str) -> str:
    """The environment that is wanted where it can be used, else the default, else any."""
    usable = [item for item in environments if item.available]
    best = sorted(usable, key=lambda item: (item.name != wanted, not item.default))
    return best[0].name if best else ""


def accelerators(environments: Sequence[Environment]) -> list[str]:
    """What can be asked for here, "none" first."""
    known = {name for item in environments if item.available for name in item.accelerators}
    return ["none", *sorted(known - {"none"})]


def within(limits: Limits, environment: Environment) -> Environment:
    """The environment as a plan allows it."""
    if limits.environments is not None and environment.name not in limits.environments:
        if not environment.available:
            return environment
        return structs.replace(environment, available=False, reason="Not in your plan.")
    kinds = environment.accelerators
    if limits.accelerators is not None:
        kinds = [kind for kind in kinds if kind == "none" or kind in limits.accelerators]
    return structs.replace(environment, accelerators=kinds)


class NewPage(Page):
    """`BASE/new`."""

    async def get(self) -> None:
        """Ask for a title and an environment."""
        self.require_user()
        wanted = {name: self.get_query_argument(name, "") for name in (*FIELDS, "data", "template")}
        wanted |= {"data": data_of(wanted["data"])}
        begun, problem = None, ""
        if wanted["template"]:
            try:
                begun = await self.begun(wanted)
            except NotFound as error:
                problem, wanted["template"] = error.message, ""
        environment = wanted["environment"] or (begun.environment if begun else "")
        await self.ask(wanted | {"environment": environment}, problem, 404 if problem else 200)

    async def ask(
        self, wanted: dict[str, str], problem: str = "", status: int = 200, outlook: Outlook | None = None
    ) -> None:
        """Show the form, with what is in the way of a start."""
        me = await self.run(self.app.people.me, self.viewer)
        environments = [within(me.plan.limits, item) for item in self.app.catalogue.public()]
        chosen = preselected(environments, wanted["environment"])
        usable = {item.name for item in environments if item.available}
        if chosen and outlook is None:
            outlook = await self.look(wanted | {"environment": chosen, "accelerator": "none"})
        self.page(
            "new.html",
            status,
            environments=environments,
            accelerators=accelerators(environments),
            form=SimpleNamespace(**wanted | {"environment": chosen}),
            beginnings=await self.run(self.app.beginnings.offered, self.viewer, usable),
            outlook=outlook,
            stopping=stopping(self, outlook.others if outlook else [], refresh=False),
            problem=problem,
            key=form_key(),
        )

    async def look(self, wanted: dict[str, str]) -> Outlook:
        """How a start with what the form gives would go."""
        choice = RuntimeChoice(wanted["environment"], wanted["accelerator"] or "none")
        return await self.run(self.app.starts.look, self.viewer, choice)

    async def post(self) -> None:
        """Make a draft, and open it where nothing is in the way of that."""
        self.require_user()
        wanted = {name: self.field(name) for name in (*FIELDS, "template")}
        wanted |= {"data": data_of(self.field("data"))}
        later = self.field("open") == LATER
        outlook = None if later or not wanted["environment"] else await self.look(wanted)
        # What nobody could have is told as a mistake in the form.
        if outlook and outlook.problems and not outlook.has(*UNKNOWN):
            await self.ask(wanted, status=409, outlook=outlook)
            return
        lab = await self.attempt(self.create(wanted), partial(self.ask, wanted))
        if lab:
            self.go(f"{self.app.base_url}{lab_path(lab)}" if later else spawn_url(self.app.hub_base, lab))

    async def create(self, wanted: dict[str, str]) -> Lab:
        """Call the rules with what the form gives."""
        data = wanted["data"]
        if data:
            await self.run(self.app.datasets.get, self.viewer, *split_lab(data))
        begun = await self.begun(wanted)
        said = {name: wanted[name] for name in FIELDS if wanted[name]}
        if begun:
            # It is a whole notebook, and nothing that its person wrote: nobody else is to find it yet.
            said = {"title": begun.title, "visibility": "private", "message": "As it begins"} | said
        fields = shaped(LabCreate, said)
        key = sent_once(self, "new", *wanted.values())
        notebook = begun.notebook() if begun else None
        lab = await self.run(self.app.labs.create, self.viewer, fields, notebook, key=key)
        if data:
            place = lab.owner, lab.name
            attach = self.app.lab_datasets.attach
            await self.run(attach, self.viewer, place, split_lab(data), DataAttach())
        return lab

    async def begun(self, wanted: dict[str, str]) -> Beginning | None:
        """What the lab begins with; None for an empty notebook. NotFound `template_unknown`."""
        name = wanted["template"]
        return await self.run(self.app.beginnings.get, self.viewer, name) if name else None


def data_of(given: str) -> str:
    """The dataset that a lab is to have from its beginning, as `owner/name`; empty where none is named."""
    return given if DATASET.fullmatch(given) else ""
