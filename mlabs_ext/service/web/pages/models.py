"""The pages of models: libraries, and one model at any version."""

from __future__ import annotations

from urllib.parse import urlencode

from mlabs_ext import wire
from mlabs_ext.service.web.formats import segment
from mlabs_ext.service.web.pages.architecture import draw, inside, rows
from mlabs_ext.service.web.pages.base import Page
from mlabs_ext.service.web.pages.model_snippets import snippets
from mlabs_ext.service.web.pages.model_variants import shown_variants

PAGE, VERSIONS = 30, 50


class ModelsPage(Page):
    """`BASE/models`, and `BASE/@{owner}/models`."""

    async def get(self, owner: str | None = None) -> None:
        """List."""
        rules, cursor = self.app.modelling.models, self.get_query_argument("cursor", None)
        q = self.get_query_argument("q", "").strip()
        if q:
            self.costs()
        models, following = await self.run(rules.find, self.viewer, owner, PAGE, cursor, q)
        mine = owner is not None and self.viewer.owns(owner)
        self.page(
            "models.html",
            models=models,
            owner=owner,
            mine=mine,
            q=q,
            trash=await self.run(rules.trash, self.viewer) if mine else [],
            shared=await self.run(self.app.modelling.shares.with_me, self.viewer) if mine else [],
            next=following and f"?{urlencode(({'q': q} if q else {}) | {'cursor': following})}",
        )


class ModelPage(Page):
    """`BASE/@{owner}/models/{name}`, and `…/v/{n}` with a number."""

    async def get(self, owner: str, name: str, number: str | None = None) -> None:
        """Show a version."""
        rules, base = self.app.modelling.models, self.app.base_url
        model = await self.run(rules.get, self.viewer, owner, name, int(number) if number else "latest")
        versions, following = await self.run(rules.versions, self.viewer, owner, name, VERSIONS, None)
        mine = self.viewer.can_write and (self.viewer.acts_for(owner) or model.access == "edit")
        text = await self.run(rules.text, self.viewer, model)
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
            snippets=snippets(model, self.site(), text is not None),
            text=text,
            may_change=mine,
            offered=await self.run(self.app.modelling.shares.offered, self.viewer, owner, name),
            path=model_path(model),
            verdict=model.taken_down
            and await self.run(self.app.modelling.moderation.of_model, self.viewer, owner, name),
            document=f"{base}render/models/of/all/trial?theme=auto",
            served=f"{base}models/{segment(owner)}/{name}/{model.version}/model.json",
            variants=shown_variants(model, self.site()),
            facts=[("Parameters", f"{model.parameters:,}"), ("Layers", f"{len(layers):,}")],
        )


def model_path(model: wire.Model) -> str:
    """A model's page below the service's address."""
    return f"@{segment(model.owner)}/models/{model.name}"
