"""How a dataset is shared on its pages: by name, or by a secret link that somebody accepts."""

from __future__ import annotations

from functools import partial

from mlabs_ext.service.web.pages.base import Page
from mlabs_ext.service.web.pages.dataset_forms import Changing
from mlabs_ext.service.web.pages.datasets import address
from mlabs_ext.service.web.pages.sharing import SharePage


class DatasetShareAction(SharePage, Changing):
    """`POST BASE/@{owner}/datasets/{name}/share`."""

    async def post(self, owner: str, name: str) -> None:
        """Share, or end that."""
        self.require_user()
        ask = partial(self.ask, await self.changeable(owner, name), {})
        back = f"{address(self, owner, name)}/settings#shares"
        await self.act(self.app.dataset_shares, owner, name, ask, back)


class DatasetAcceptAction(Page):
    """`POST BASE/@{owner}/datasets/{name}/accept`, for who has opened a link."""

    async def post(self, owner: str, name: str) -> None:
        """Share the dataset with them by name."""
        self.require_user()
        dataset = await self.run(self.app.dataset_shares.accept, self.viewer, owner, name)
        self.go(address(self, dataset.owner, dataset.name))
