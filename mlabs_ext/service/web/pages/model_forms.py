"""How people upload models, change, share and delete them, on pages and without JavaScript."""

from __future__ import annotations

from functools import partial
from typing import Any

from mlabs_ext import wire
from mlabs_ext.errors import NotFound
from mlabs_ext.service.web.formats import segment
from mlabs_ext.service.web.model_form import ModelFormHandler, settled
from mlabs_ext.service.web.pages.base import Page, shaped
from mlabs_ext.service.web.pages.forms import form_key, sent_once
from mlabs_ext.service.web.pages.models import model_path
from mlabs_ext.service.web.pages.settings import VISIBILITIES
from mlabs_ext.service.web.pages.sharing import LASTS

# Seconds that a form waits for the conversion.
PATIENCE = 8
SEEN = [(value, name, hint.replace(" and fork it", " and load it")) for value, name, hint in VISIBILITIES]


class ModelForms(Page):
    """What forms about models share."""

    def shown(self, model: wire.Model) -> None:
        """Move on to the page of a version."""
        path = model_path(model)
        self.go(f"{self.app.base_url}{path}{'' if model.status == 'ready' else f'/v/{model.version}'}")

    async def shown_soon(self, model: wire.Model) -> None:
        """Move on once it is ready or refused, or after some seconds."""
        self.shown(await settled(self, model, PATIENCE))


class NewModelPage(ModelFormHandler, ModelForms):
    """`BASE/models/new`."""

    def get(self) -> None:
        """Ask for the files."""
        self.require_user()
        self.ask({"visibility": self.app.modelling.models.default_visibility})

    def ask(self, form: dict[str, str], problem: str = "", status: int = 200) -> None:
        """Show the form with what was entered."""
        blank = {"title": "", "description": "", "visibility": "public"}
        self.page(
            "model_new.html",
            status,
            form=blank | form,
            problem=problem,
            visibilities=SEEN,
            limit=self.app.modelling.models.max_size,
            site=self.site(),
            key=form_key(),
        )

    async def post(self) -> None:
        """Take the files."""
        made = await self.attempt(self.create(), self.ask_again)
        if made:
            await self.shown_soon(made)

    def ask_again(self, problem: str, status: int) -> None:
        """Show the form with what came of it; files have to be chosen once more."""
        self.ask(self.given("title", "description", "visibility"), problem, status)

    async def create(self) -> wire.Model:
        """Call the rule with what the form gives."""
        files = (await self.whole_form()).files
        given = self.given("title", "description", "visibility")
        fields = shaped(wire.ModelCreate, given | {"title": given.get("title") or None})
        key = sent_once(self, "model", *given.values(), *(file.digest for file in files))
        return await self.run(self.app.modelling.models.create, self.viewer, fields, files, key)


class Changing(ModelForms):
    """What the forms share that change a model."""

    async def ask(
        self,
        model: wire.Model,
        form: dict[str, Any] | None = None,
        problem: str = "",
        status: int = 200,
        made: wire.ShareLink | None = None,
    ) -> None:
        """Show the forms with what was entered, or the link that was made: it is shown this once."""
        entered = {field: getattr(model, field) for field in ("title", "description", "visibility")}
        owns, rule = self.viewer.acts_for(model.owner), self.app.modelling.shares.list
        shares = await self.run(rule, self.viewer, model.owner, model.name) if owns else []
        self.page(
            "model_settings.html",
            status,
            model=model,
            form=entered | (form or {}),
            problem=problem,
            visibilities=SEEN,
            owns=owns,
            shares=shares,
            made=made and f"{self.site()}s/{made.secret}",
            lasts=LASTS,
            limit=self.app.modelling.models.max_size,
            site=self.site(),
            path=model_path(model),
        )

    async def changeable(self, owner: str, name: str) -> wire.Model:
        """The model, if the viewer may change it."""
        model = await self.run(self.app.modelling.models.get, self.viewer, owner, name)
        if not (self.viewer.acts_for(owner) or model.access == "edit"):
            raise NotFound(f"There is no model {owner}/{name}.", "model_not_found")
        return model


class ModelSettingsPage(Changing):
    """`BASE/@{owner}/models/{name}/settings`."""

    async def get(self, owner: str, name: str) -> None:
        """Show the forms."""
        self.require_user()
        await self.ask(await self.changeable(owner, name))

    async def post(self, owner: str, name: str) -> None:
        """Change the fields, or stop following runs."""
        self.require_user()
        model = await self.changeable(owner, name)
        given: dict[str, Any] = self.given("title", "description", "visibility")
        stop = {"follows": None} if self.field("do") == "stop following" else {}
        changed = await self.attempt(self.change(owner, name, given | stop), partial(self.ask, model, given))
        if changed:
            self.go(f"{self.app.base_url}{model_path(changed)}")

    async def change(self, owner: str, name: str, fields: dict[str, Any]) -> wire.Model:
        """Call the rule with what the form gives."""
        change = shaped(wire.ModelChange, fields)
        return await self.run(self.app.modelling.models.change, self.viewer, owner, name, change)


class ModelVersionAction(ModelFormHandler, Changing):
    """`POST BASE/@{owner}/models/{name}/version`."""

    async def post(self, owner: str, name: str) -> None:
        """Take a new version."""
        model = await self.changeable(owner, name)
        made = await self.attempt(self.add(owner, name), partial(self.ask, model, None))
        if made:
            await self.shown_soon(made)

    async def add(self, owner: str, name: str) -> wire.Model:
        """Call the rule with the files of the form."""
        files = (await self.whole_form()).files
        fields = shaped(wire.ModelVersionCreate, self.given("message"))
        return await self.run(self.app.modelling.models.add_version, self.viewer, owner, name, fields, files)


class DeleteModelAction(Page):
    """`POST BASE/@{owner}/models/{name}/delete`."""

    async def post(self, owner: str, name: str) -> None:
        """Put it into the trash."""
        self.require_user()
        self.need_sure("it is to be deleted")
        await self.run(self.app.modelling.models.delete, self.viewer, owner, name)
        self.go(f"{self.app.base_url}@{segment(owner)}/models")


class RestoreModelAction(Page):
    """`POST BASE/@{owner}/models/{name}/restore`."""

    async def post(self, owner: str, name: str) -> None:
        """Take it out of the trash."""
        self.require_user()
        model = await self.run(self.app.modelling.models.restore, self.viewer, owner, name)
        self.go(f"{self.app.base_url}{model_path(model)}")


class TakeModelAction(ModelForms):
    """`POST BASE/models/from-run`."""

    async def post(self) -> None:
        """Make a model of what a run wrote."""
        self.require_user()
        given = {name: value for name, value in self.given("run", "path", "name").items() if value}
        fields = shaped(wire.ModelTake, given | {"follow": bool(self.field("follow"))})
        await self.shown_soon(await self.run(self.app.modelling.outputs.take, self.viewer, fields))
