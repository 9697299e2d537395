"""Collections: their pages, where their curator changes them, and how a lab gets into one."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import Any

from mlabs_ext import wire
from mlabs_ext.errors import BadInput, NotFound
from mlabs_ext.names import split_lab
from mlabs_ext.service.web.formats import segment
from mlabs_ext.service.web.pages.base import Page, shaped
from mlabs_ext.service.web.pages.forms import form_key, sent_once
from mlabs_ext.service.web.pages.settings import VISIBILITIES

FIELDS = ("title", "description", "visibility")
# As many as a person may have.
ALL = 100


def address(page: Page, owner: str, name: str) -> str:
    """A collection's page."""
    return f"{page.app.base_url}@{segment(owner)}/collections/{name}"


class CollectionPage(Page):
    """`BASE/@{owner}/collections/{name}`."""

    async def get(self, owner: str, name: str) -> None:
        """Show the labs in it that the asker may see."""
        collection = await self.run(self.app.social.curated.get, self.viewer, owner, name)
        may_change = self.viewer.can_write and self.viewer.acts_for(owner)
        self.page("collection.html", collection=collection, may_change=may_change)


class CollectionEditPage(Page):
    """`BASE/@{owner}/collections/{name}/edit`."""

    async def get(self, owner: str, name: str) -> None:
        """Show the forms."""
        self.require_user()
        collection = await self.changeable(owner, name)
        self.ask(collection, {field: getattr(collection, field) for field in FIELDS})

    def ask(
        self, collection: wire.Collection, form: dict[str, str], problem: str = "", status: int = 200
    ) -> None:
        """Show them with what was entered."""
        self.page(
            "collection_edit.html",
            status,
            collection=collection,
            form=SimpleNamespace(**form),
            visibilities=VISIBILITIES,
            problem=problem,
        )

    async def post(self, owner: str, name: str) -> None:
        """Change its fields, or what the pressed button of one of its labs says."""
        self.require_user()
        collection = await self.changeable(owner, name)
        rules, which = self.app.social.curated, (self.viewer, owner, name)
        if self.field("do") == "delete":
            self.need_sure("it is to be deleted")
            await self.run(rules.delete, *which)
            self.go(f"{self.app.base_url}me/collections")
        elif self.field("lab"):
            await self.change_lab(collection, split_lab(self.field("lab")))
            self.go(f"{address(self, owner, name)}/edit")
        else:
            given = self.given(*FIELDS)
            shown = {field: getattr(collection, field) for field in FIELDS} | given
            change = self.change(collection, given)
            if await self.attempt(change, partial(self.ask, collection, shown)):
                self.go(address(self, owner, name))

    async def change(self, collection: wire.Collection, given: dict[str, str]) -> wire.Collection:
        """Call the rule with what the form gives."""
        change = shaped(wire.CollectionChange, given)
        rule = self.app.social.curated.change
        return await self.run(rule, self.viewer, collection.owner, collection.name, change)

    async def change_lab(self, collection: wire.Collection, lab: tuple[str, str]) -> None:
        """Move a lab, change its note, or take it out."""
        rules, which = self.app.social.curated, (self.viewer, collection.owner, collection.name)
        order = [(item.lab.owner, item.lab.name) for item in collection.items or []]
        place, pressed = order.index(lab) + 1 if lab in order else 1, self.field("do")
        if pressed == "remove":
            await self.run(rules.remove, *which, lab)
            return
        changes: dict[str, dict[str, Any]] = {
            "up": {"position": max(1, place - 1)},
            "down": {"position": place + 1},
            "save": {"note": self.field("note")},
        }
        if pressed not in changes:
            raise BadInput("A lab is moved up or down, given a note, or taken out.", "form_invalid")
        await self.run(rules.put, *which, lab, shaped(wire.CollectionItemChange, changes[pressed]))

    async def changeable(self, owner: str, name: str) -> wire.Collection:
        """The collection where the asker may change it; to others it has no such page."""
        collection = await self.run(self.app.social.curated.get, self.viewer, owner, name)
        if not self.viewer.acts_for(owner):
            raise NotFound("There is nothing at this address.")
        return collection


class NewCollectionAction(Page):
    """`POST BASE/me/collections/new`."""

    async def post(self) -> None:
        """Make a collection, and go on to fill it."""
        self.require_user()
        fields = shaped(wire.CollectionCreate, self.given("title"))
        key = sent_once(self, fields.title)
        made = await self.run(self.app.social.curated.create, self.viewer, fields, key)
        self.go(f"{address(self, made.owner, made.name)}/edit")


class CollectPage(Page):
    """`BASE/collect/@{owner}/{lab}`."""

    async def get(self, owner: str, name: str) -> None:
        """Ask into which of one's collections the lab is to go."""
        self.require_user()
        await self.ask(owner, name)

    async def ask(self, owner: str, name: str, problem: str = "", status: int = 200) -> None:
        """Show the form with what was entered."""
        lab = await self.run(self.app.labs.get, self.viewer, owner, name)
        mine, _ = await self.run(self.app.social.curated.list, self.viewer, self.require_user(), ALL)
        form = SimpleNamespace(into="", title="", note="")
        vars(form).update(self.given("into", "title", "note"))
        self.page("collect.html", status, lab=lab, mine=mine, form=form, key=form_key(), problem=problem)

    async def post(self, owner: str, name: str) -> None:
        """Put it there; a new collection is made first where one is named."""
        self.require_user()
        made = await self.attempt(self.placed(owner, name), partial(self.ask, owner, name))
        if made:
            self.go(address(self, made.owner, made.name))

    async def placed(self, owner: str, name: str) -> wire.Collection:
        """Call the rules with what the form gives."""
        rules, into, title = self.app.social.curated, self.field("into"), self.field("title")
        fields = shaped(wire.CollectionItemChange, {"note": self.field("note")})
        await self.run(self.app.labs.get, self.viewer, owner, name)
        if not into:
            new = shaped(wire.CollectionCreate, {"title": title})
            into = (await self.run(rules.create, self.viewer, new, sent_once(self, title))).name
        return await self.run(rules.put, self.viewer, self.require_user(), into, (owner, name), fields)
