"""The pages of models: libraries, one model at any version, uploads and settings."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from mlabs_ext import wire
from mlabs_ext.errors import NotFound
from mlabs_ext.service.model_upload import Stored
from mlabs_ext.service.web.formats import segment
from mlabs_ext.service.web.pages.architecture import draw, inside, rows
from mlabs_ext.service.web.pages.base import Page, shaped
from mlabs_ext.service.web.pages.forms import form_key, sent_once
from mlabs_ext.service.web.pages.model_snippets import snippets
from mlabs_ext.service.web.pages.model_variants import shown_variants
from mlabs_ext.service.web.pages.runs import next_page
from mlabs_ext.service.web.pages.settings import VISIBILITIES

PAGE, VERSIONS = 30, 50
# Seconds that a form waits for the conversion, and between two looks.
PATIENCE, LOOK = 8, 0.2
SEEN = [(value, name, hint.replace(" and fork it", " and load it")) for value, name, hint in VISIBILITIES]


class ModelsPage(Page):
    """`BASE/models`, and `BASE/@{owner}/models`."""

    async def get(self, owner: str | None = None) -> None:
        """List."""
        rules, cursor = self.app.modelling.models, self.get_query_argument("cursor", None)
        models, following = await self.run(rules.find, self.viewer, owner, PAGE, cursor)
        mine = owner is not None and self.viewer.owns(owner)
        trash = await self.run(rules.trash, self.viewer) if mine else []
        self.page(
            "models.html", models=models, owner=owner, mine=mine, trash=trash, next=next_page(following)
        )


class ModelForms(Page):
    """What pages with an upload share."""

    def files(self) -> list[Stored]:
        """The files of the form, stored; runs in a thread."""
        sent = [file for file in self.request.files.get("file", []) if file.filename]
        return [
            Stored(file.filename.replace("\\", "/"), self.app.blobs.put(file.body), len(file.body))
            for file in sent
        ]

    async def settled(self, model: wire.Model) -> wire.Model:
        """The version once it is ready or refused, or as it is after some seconds."""
        rule, until = self.app.modelling.models.get, asyncio.get_running_loop().time() + PATIENCE
        while model.status in ("queued", "converting") and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(LOOK)
            model = await self.run(rule, self.viewer, model.owner, model.name, model.version)
        return model

    def shown(self, model: wire.Model) -> None:
        """Move on to the page of a version."""
        path = model_path(model)
        self.go(f"{self.app.base_url}{path}{'' if model.status == 'ready' else f'/v/{model.version}'}")


class NewModelPage(ModelForms):
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
            limit=self.app.max_body_size,
            larger=self.app.modelling.models.max_size,
            site=self.site(),
            key=form_key(),
        )

    async def post(self) -> None:
        """Take the files."""
        self.require_user()
        self.costs()
        given = self.given("title", "description", "visibility")
        made = await self.attempt(self.create(given), partial(self.ask, given))
        if made:
            self.shown(await self.settled(made))

    async def create(self, given: dict[str, str]) -> wire.Model:
        """Call the rule with what the form gives."""
        files = await self.run(self.files)
        fields = shaped(wire.ModelCreate, given | {"title": given.get("title") or None})
        key = sent_once(self, "model", *given.values(), *(file.digest for file in files))
        return await self.run(self.app.modelling.models.create, self.viewer, fields, files, key)


class ModelPage(Page):
    """`BASE/@{owner}/models/{name}`, and `…/v/{n}` with a number."""

    async def get(self, owner: str, name: str, number: str | None = None) -> None:
        """Show a version."""
        rules, base = self.app.modelling.models, self.app.base_url
        model = await self.run(rules.get, self.viewer, owner, name, int(number) if number else "latest")
        versions, following = await self.run(rules.versions, self.viewer, owner, name, VERSIONS, None)
        mine = self.viewer.can_write and (self.viewer.acts_for(owner) or model.access == "edit")
        newest, layers = versions[0] if versions else model, rows(model.layers or [])
        self.page(
            "model.html",
            model=model,
            versions=versions,
            more_versions=following is not None,
            newest=newest if newest.version > model.version else None,
            fixed=number is not None,
            latest=next((one.version for one in versions if one.status == "ready"), 0),
            drawing=draw(model.layers or []),
            inside=inside(layers),
            layers=layers,
            snippets=snippets(model, self.site()),
            may_change=mine,
            path=model_path(model),
            verdict=model.taken_down
            and await self.run(self.app.modelling.moderation.of_model, self.viewer, owner, name),
            document=f"{base}render/models/of/all/trial?theme=auto",
            served=f"{base}models/{segment(owner)}/{name}/{model.version}/model.json",
            variants=shown_variants(model, self.site()),
            facts=[("Parameters", f"{model.parameters:,}"), ("Layers", f"{len(layers):,}")],
        )


class ModelSettingsPage(ModelForms):
    """`BASE/@{owner}/models/{name}/settings`."""

    async def get(self, owner: str, name: str) -> None:
        """Show the forms."""
        self.require_user()
        await self.ask(await self.changeable(owner, name))

    async def ask(
        self, model: wire.Model, form: dict[str, Any] | None = None, problem: str = "", status: int = 200
    ) -> None:
        """Show the forms with what was entered."""
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
            limit=self.app.max_body_size,
            site=self.site(),
            path=model_path(model),
        )

    async def changeable(self, owner: str, name: str) -> wire.Model:
        """The model, if the viewer may change it."""
        model = await self.run(self.app.modelling.models.get, self.viewer, owner, name)
        if not (self.viewer.acts_for(owner) or model.access == "edit"):
            raise NotFound(f"There is no model {owner}/{name}.", "model_not_found")
        return model

    async def post(self, owner: str, name: str) -> None:
        """Change the fields, stop following runs, or take a new version."""
        self.require_user()
        model = await self.changeable(owner, name)
        if self.field("do") == "version":
            self.costs()
            made = await self.attempt(self.add(owner, name), partial(self.ask, model, None))
            if made:
                self.shown(await self.settled(made))
            return
        given: dict[str, Any] = self.given("title", "description", "visibility")
        stop = {"follows": None} if self.field("do") == "stop following" else {}
        changed = await self.attempt(self.change(owner, name, given | stop), partial(self.ask, model, given))
        if changed:
            self.go(f"{self.app.base_url}{model_path(changed)}")

    async def add(self, owner: str, name: str) -> wire.Model:
        """Call the rule with the files of the form."""
        files = await self.run(self.files)
        fields = shaped(wire.ModelVersionCreate, self.given("message"))
        return await self.run(self.app.modelling.models.add_version, self.viewer, owner, name, fields, files)

    async def change(self, owner: str, name: str, fields: dict[str, Any]) -> wire.Model:
        """Call the rule with what the form gives."""
        change = shaped(wire.ModelChange, fields)
        return await self.run(self.app.modelling.models.change, self.viewer, owner, name, change)


class ShareModelAction(Page):
    """`POST BASE/@{owner}/models/{name}/sharing`."""

    async def post(self, owner: str, name: str) -> None:
        """Share, or end a share."""
        self.require_user()
        shares, who, kind = self.app.modelling.shares, self.field("who").removeprefix("@"), self.field("kind")
        if self.field("do") == "remove":
            await self.run(shares.remove, self.viewer, owner, name, kind, who)
        else:
            fields = shaped(wire.ShareChange, {"kind": kind, "access": self.field("access")})
            await self.run(shares.set, self.viewer, owner, name, who, fields)
        self.go(f"{self.app.base_url}@{segment(owner)}/models/{name}/settings")


class DeleteModelAction(Page):
    """`POST BASE/@{owner}/models/{name}/delete`."""

    async def post(self, owner: str, name: str) -> None:
        """Put it into the trash."""
        self.require_user()
        if self.field("sure") != "yes":
            raise NotFound("Say that you are sure.", "not_confirmed")
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
        self.shown(await self.settled(await self.run(self.app.modelling.outputs.take, self.viewer, fields)))


def model_path(model: wire.Model) -> str:
    """A model's page below the service's address."""
    return f"@{segment(model.owner)}/models/{model.name}"
