"""How a dataset is shared on its pages: by name, or by a secret link that somebody accepts."""

from __future__ import annotations

from mlabs_ext import wire
from mlabs_ext.errors import BadInput, MLabsError
from mlabs_ext.service.web.pages.base import Page, shaped
from mlabs_ext.service.web.pages.dataset_forms import MENDED, Changing
from mlabs_ext.service.web.pages.datasets import address
from mlabs_ext.service.web.pages.sharing import ending


class DatasetShareAction(Changing):
    """`POST BASE/@{owner}/datasets/{name}/share`."""

    async def post(self, owner: str, name: str) -> None:
        """Do what the pressed button says; a new link is shown at once, as it never is again."""
        self.require_user()
        dataset = await self.changeable(owner, name)
        try:
            made = await self.change(owner, name)
        except MLabsError as error:
            if error.status not in MENDED:
                raise
            await self.ask(dataset, {}, error.message, error.status)
            return
        if made:
            await self.ask(dataset, {}, made=made)
        else:
            self.go(f"{address(self, owner, name)}/settings#shares")

    async def change(self, owner: str, name: str) -> wire.ShareLink | None:
        """Share, or end a share or a link; the link where one was made."""
        rules, which = self.app.dataset_shares, (self.viewer, owner, name)
        pressed, kind, who = self.field("do"), self.field("kind") or "user", self.field("who")
        if pressed == "link":
            expires = ending(self.field("days"))
            fields = {"name": self.field("label")} | ({"expires": expires} if expires else {})
            return await self.run(rules.make, *which, shaped(wire.LinkCreate, fields))
        if pressed == "revoke":
            await self.run(rules.revoke, *which, who)
        elif pressed == "end":
            await self.run(rules.remove, *which, kind, who)
        elif pressed in ("", "share"):
            change = shaped(wire.ShareChange, {"kind": kind, "access": self.field("access") or "view"})
            await self.run(rules.set, *which, who, change)
        else:
            raise BadInput("A dataset is shared, or a share or a link is made or ended.", "form_invalid")
        return None


class DatasetAcceptAction(Page):
    """`POST BASE/@{owner}/datasets/{name}/accept`, for who has opened a link."""

    async def post(self, owner: str, name: str) -> None:
        """Share the dataset with them by name."""
        self.require_user()
        dataset = await self.run(self.app.dataset_shares.accept, self.viewer, owner, name)
        self.go(address(self, dataset.owner, dataset.name))
