"""Running a lab in the background: what it is given and where it runs is asked first; stopping, once more."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import Any

import msgspec

from mlabs_ext import parameters, wire
from mlabs_ext.service.batches import Draft
from mlabs_ext.service.web.formats import lab_path
from mlabs_ext.service.web.pages.base import Page, shaped
from mlabs_ext.service.web.pages.forms import form_key, sent_once
from mlabs_ext.service.web.pages.new import accelerators
from mlabs_ext.service.web.pages.written import further, seconds, text

# What a parameter's field is called.
PREFIX = "parameter-"
FIELDS = ("environment", "accelerator", "minutes", "more")


class BackgroundPage(Page):
    """`BASE/run/@{owner}/{lab}`, with `?again=` for a run that is to be repeated."""

    async def get(self, owner: str, name: str) -> None:
        """Ask."""
        self.require_user()
        again = self.get_query_argument("again", "")
        draft = await self.run(self.app.batches.draft, self.viewer, owner, name, again)
        await self.ask(draft, form_of(draft))

    async def ask(self, draft: Draft, form: dict[str, str], problem: str = "", status: int = 200) -> None:
        """Show the form, with what is in the way of a run in the runtime that it names."""
        choice = wire.RuntimeChoice(form["environment"], form["accelerator"] or "none")
        environments = self.app.catalogue.public()
        self.page(
            "background.html",
            status,
            lab=draft.lab,
            base=draft.base,
            parameters=[SimpleNamespace(field=PREFIX + one.name, about=one) for one in draft.parameters],
            form=form,
            environments=environments,
            accelerators=accelerators(environments),
            problems=await self.run(self.app.batches.problems, self.viewer, choice),
            problem=problem,
            key=form_key(),
        )

    async def post(self, owner: str, name: str) -> None:
        """Queue it, and go to its page."""
        self.require_user()
        again = self.field("again")
        draft = await self.run(self.app.batches.draft, self.viewer, owner, name, again)
        names = [*FIELDS, *(PREFIX + one.name for one in draft.parameters)]
        given = form_of(draft) | self.given(*names)
        run = await self.attempt(self.request_run(draft, given), partial(self.ask, draft, given))
        if run:
            self.go(f"{self.app.base_url}{lab_path(draft.lab)}/runs/{run.id}")

    async def request_run(self, draft: Draft, form: dict[str, str]) -> wire.Run:
        """Call the rule with what the form gives."""
        fields = shaped(wire.BatchCreate, fields_of(draft, form))
        key = sent_once(self, "run", draft.lab.id, msgspec.json.encode(fields.parameters).decode())
        rule = self.app.batches.request
        return await self.run(rule, self.viewer, draft.lab.owner, draft.lab.name, fields, key=key)


class StopRunAction(Page):
    """`POST BASE/@{owner}/{lab}/runs/{id}/stop`."""

    async def post(self, owner: str, name: str, run: str) -> None:
        """Stop it, and go back to its page."""
        self.require_user()
        stopped = await self.run(self.app.batches.stop, self.viewer, run)
        self.go_on(f"{self.app.base_url}{lab_path(stopped.lab)}/runs/{stopped.id}")


def form_of(draft: Draft) -> dict[str, str]:
    """The form's fields before anybody has entered anything."""
    base = draft.base
    form = {
        "environment": base.environment,
        "accelerator": base.accelerator,
        "minutes": f"{base.timeout / 60:g}" if base.timeout else "",
        "more": "\n".join(f"{name} = {text(value)}" for name, value in _unknown(draft).items()),
    }
    for one in draft.parameters:
        value = base.parameters.get(one.name, one.value)
        form[PREFIX + one.name] = text(value) if one.known or one.name in base.parameters else ""
    return form


def _unknown(draft: Draft) -> dict[str, Any]:
    known = {one.name for one in draft.parameters}
    return {name: value for name, value in draft.base.parameters.items() if name not in known}


def fields_of(draft: Draft, form: dict[str, str]) -> dict[str, Any]:
    """What the form asks for, as the rule takes it. What is as the notebook has it is not said again."""
    again = draft.base.rerun_of
    asked: dict[str, Any] = {
        "environment": form["environment"],
        "accelerator": form["accelerator"] or "none",
        "parameters": _parameters(draft, form),
    }
    if form["minutes"]:
        asked["timeout"] = seconds(form["minutes"])
    return asked | ({"rerun_of": again} if again else {})


def _parameters(draft: Draft, form: dict[str, str]) -> dict[str, Any]:
    found = {}
    for one in draft.parameters:
        entered = form[PREFIX + one.name]
        value = parameters.read(entered, one.value)
        left = not entered and not isinstance(one.value, str)
        if not left and (type(value), value) != (type(one.value), one.value):
            found[one.name] = value
    return found | further(form["more"].splitlines())
