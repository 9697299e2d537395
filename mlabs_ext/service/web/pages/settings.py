"""What a lab's owner changes on its pages: its fields, its place in the trash, and back."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import Any

from mlabs_ext.errors import NotFound
from mlabs_ext.service.licenses import COMMON
from mlabs_ext.service.web.formats import lab_path
from mlabs_ext.service.web.pages.base import Page, shaped
from mlabs_ext.service.web.pages.new import accelerators
from mlabs_ext.wire import Lab, LabChange

VISIBILITIES = [
    ("public", "Public", "Everybody can find, read and fork it."),
    ("unlisted", "Unlisted", "Everybody who has the link can read it; no list or search shows it."),
    ("private", "Private", "Only you, and those with whom you share it."),
]
FIELDS = ("title", "description", "tags", "visibility", "environment", "accelerator", "license", "comments")


def none_first(accelerator: str) -> tuple[bool, str]:
    """Orders accelerators."""
    return accelerator != "none", accelerator


def form_of(lab: Lab) -> dict[str, str]:
    """The form's fields as the lab has them."""
    as_entered = {"tags": " ".join(lab.tags), "comments": "on" if lab.comments else "off"}
    return {field: getattr(lab, field) or "" for field in FIELDS} | as_entered


class SettingsPage(Page):
    """`BASE/@{owner}/{lab}/settings`."""

    async def get(self, owner: str, name: str) -> None:
        """Show the form."""
        self.require_user()
        lab = await self.changeable(owner, name)
        self.ask(lab, form_of(lab))

    def ask(self, lab: Lab, form: dict[str, str], problem: str = "", status: int = 200) -> None:
        """Show the form with what was entered."""
        environments = self.app.catalogue.public()
        self.page(
            "settings.html",
            status,
            lab=lab,
            form=SimpleNamespace(**form),
            visibilities=VISIBILITIES,
            environments=environments,
            accelerators=sorted({form["accelerator"], *accelerators(environments)}, key=none_first),
            owns=self.viewer.acts_for(lab.owner),
            licenses=COMMON,
            problem=problem,
        )

    async def post(self, owner: str, name: str) -> None:
        """Change what the form has."""
        self.require_user()
        lab = await self.changeable(owner, name)
        given = self.given(*FIELDS, "image")
        changed = await self.attempt(self.change(lab, given), partial(self.ask, lab, form_of(lab) | given))
        if changed:
            self.go_on(f"{self.app.base_url}{await self.following(changed, 'image' in given)}")

    async def change(self, lab: Lab, given: dict[str, Any]) -> Lab:
        """Call the rule with what the form gives."""
        fields = given | ({"tags": given["tags"].replace(",", " ").split()} if "tags" in given else {})
        fields |= {"image": None} if "image" in given else {}
        fields |= {"comments": given["comments"] == "on"} if "comments" in given else {}
        return await self.run(
            self.app.labs.change, self.viewer, lab.owner, lab.name, shaped(LabChange, fields)
        )

    async def following(self, lab: Lab, renewed: bool) -> str:
        """The page after a change: the one that restarts the lab's server where it runs on something else."""
        if lab.owner == self.viewer.name:
            outlook = await self.run(self.app.starts.look, self.viewer, lab, lab, renewed)
            if outlook.restart:
                return f"open/{lab_path(lab)}" + ("?restart=1" if renewed else "")
        return lab_path(lab)

    async def changeable(self, owner: str, name: str) -> Lab:
        """The lab where the asker may change it; to others it has no settings."""
        lab = await self.run(self.app.labs.get, self.viewer, owner, name)
        if not self.viewer.acts_for(owner) and lab.access != "edit":
            raise NotFound("There is nothing at this address.")
        return lab


class DeleteAction(Page):
    """`POST BASE/@{owner}/{lab}/delete`."""

    async def post(self, owner: str, name: str) -> None:
        """Move a lab to the trash."""
        self.require_user()
        self.need_sure("the lab is to be deleted")
        await self.run(self.app.labs.delete, self.viewer, owner, name)
        self.go(f"{self.app.base_url}me/trash")


class EmptyTrashAction(Page):
    """`POST BASE/me/trash/empty`."""

    async def post(self) -> None:
        """Remove for good what is in the trash."""
        self.require_user()
        self.need_sure("all of it is to be deleted for good")
        await self.run(self.app.labs.empty_own_trash, self.viewer)
        await self.run(self.app.datasets.empty_own_trash, self.viewer)
        self.go(f"{self.app.base_url}me/trash")


class RestoreAction(Page):
    """`POST BASE/@{owner}/{lab}/restore`."""

    async def post(self, owner: str, name: str) -> None:
        """Take a lab out of the trash."""
        self.require_user()
        await self.run(self.app.labs.restore, self.viewer, owner, name)
        self.go(f"{self.app.base_url}me")
