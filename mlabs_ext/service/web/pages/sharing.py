"""How things are shared on pages; with whom a lab is, and the form by which somebody accepts a link."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from mlabs_ext import wire
from mlabs_ext.errors import BadInput, NotFound, Unusable
from mlabs_ext.service.linking import Linking
from mlabs_ext.service.web.formats import lab_path
from mlabs_ext.service.web.pages.base import Page, shaped
from mlabs_ext.service.web.pages.settings import VISIBILITIES

FIELDS = ("kind", "who", "access", "label", "days")
LASTS = [("", "Until it is revoked"), ("1", "One day"), ("7", "A week"), ("30", "30 days"), ("90", "90 days")]


class SharePage(Page):
    """A page with forms that share something, and end that."""

    async def act(self, rules: Linking, owner: str, name: str, ask: Callable[..., Any], back: str) -> None:
        """Do what the pressed button says, and go back; a new link is shown at once, as it never is again.

        `ask` shows the forms: with what is wrong and a status, or with the link that was `made`.
        """
        done = await self.attempt(self._done(rules, owner, name), ask)
        if isinstance(done, wire.ShareLink):
            await ask(made=done)
        elif done:
            self.go(back)

    async def _done(self, rules: Linking, owner: str, name: str) -> wire.ShareLink | bool:
        which, who = (self.viewer, owner, name), self.field("who").removeprefix("@")
        pressed, kind = self.field("do") or "share", self.field("kind") or "user"
        access = self.field("access") or "view"
        if pressed == "link":
            fields: dict[str, Any] = {"name": self.field("label"), "access": access}
            expires = ending(self.field("days"))
            link = shaped(wire.LinkCreate, fields | ({"expires": expires} if expires else {}))
            return await self.run(rules.make, *which, link)
        if pressed == "share":
            fields = {"kind": kind, "access": access}
            await self.run(rules.set, *which, who, shaped(wire.ShareChange, fields))
        elif pressed == "remove":
            await self.run(rules.remove, *which, kind, who)
        elif pressed == "revoke":
            await self.run(rules.revoke, *which, who)
        else:
            message = f"A {rules.what} is shared, or a share is removed, or a link made or revoked."
            raise BadInput(message, "form_invalid")
        return True


class SharingPage(SharePage):
    """`BASE/@{owner}/{lab}/sharing`."""

    async def get(self, owner: str, name: str) -> None:
        """Show who has access, and the forms that change it."""
        self.require_user()
        await self.ask(await self.shareable(owner, name))

    async def ask(
        self, lab: wire.Lab, problem: str = "", status: int = 200, made: wire.ShareLink | None = None
    ) -> None:
        """Show the page: with what is wrong with a form, or with the link that was made."""
        shares = await self.run(self.app.shares.list, self.viewer, lab.owner, lab.name)
        links = [share for share in shares if share.kind == "link"]
        self.page(
            "sharing.html",
            status,
            lab=lab,
            people=[share for share in shares if share.kind != "link"],
            links=links,
            labels={link.id: link.name for link in links},
            now=datetime.now(UTC),
            made=made and f"{self.site()}s/{made.secret}",
            form=dict.fromkeys(FIELDS, "") | (self.given(*FIELDS) if problem else {}),
            visibilities=VISIBILITIES,
            lasts=LASTS,
            problem=problem,
        )

    async def post(self, owner: str, name: str) -> None:
        """Share, or end that."""
        self.require_user()
        lab = await self.shareable(owner, name)
        back = f"{self.app.base_url}{lab_path(lab)}/sharing"
        await self.act(self.app.shares, lab.owner, lab.name, partial(self.ask, lab), back)

    async def shareable(self, owner: str, name: str) -> wire.Lab:
        """The lab where the asker shares it; to others it has no such page."""
        lab = await self.run(self.app.labs.get, self.viewer, owner, name)
        if not self.viewer.acts_for(lab.owner):
            raise NotFound("There is nothing at this address.")
        return lab


class AcceptAction(Page):
    """`POST BASE/@{owner}/{lab}/sharing/accept`, for who has opened a link."""

    async def post(self, owner: str, name: str) -> None:
        """Share the lab with them by name."""
        self.require_user()
        lab = await self.run(self.app.shares.accept, self.viewer, owner, name)
        self.go(f"{self.app.base_url}{lab_path(lab)}")


def ending(days: str) -> datetime | None:
    """When a link of so many days ends; None for never."""
    if not days:
        return None
    if not (days.isascii() and days.isdigit() and len(days) < 5 and int(days)):
        raise Unusable("How long a link lasts is a number of days, or nothing.", "fields_invalid")
    return datetime.now(UTC) + timedelta(days=int(days))
