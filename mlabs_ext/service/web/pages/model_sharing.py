"""How a model is shared on its pages: by name, or by a secret link that somebody accepts."""

from __future__ import annotations

from functools import partial

from mlabs_ext.service.web.pages.base import Page
from mlabs_ext.service.web.pages.model_forms import Changing
from mlabs_ext.service.web.pages.models import model_path
from mlabs_ext.service.web.pages.sharing import SharePage


class ModelShareAction(SharePage, Changing):
    """`POST BASE/@{owner}/models/{name}/sharing`."""

    async def post(self, owner: str, name: str) -> None:
        """Share, or end that."""
        self.require_user()
        model = await self.changeable(owner, name)
        back = f"{self.app.base_url}{model_path(model)}/settings#shares"
        await self.act(self.app.modelling.shares, owner, name, partial(self.ask, model, None), back)


class ModelAcceptAction(Page):
    """`POST BASE/@{owner}/models/{name}/accept`, for who has opened a link."""

    async def post(self, owner: str, name: str) -> None:
        """Share the model with them by name."""
        self.require_user()
        model = await self.run(self.app.modelling.shares.accept, self.viewer, owner, name)
        self.go(f"{self.app.base_url}{model_path(model)}")
