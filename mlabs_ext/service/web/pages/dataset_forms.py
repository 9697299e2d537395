"""How people make datasets and change them on pages, with files of any size and without JavaScript."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from mlabs_ext import wire
from mlabs_ext.errors import MLabsError, NotFound
from mlabs_ext.names import split_lab
from mlabs_ext.service.licenses import COMMON
from mlabs_ext.service.web.bringing import BringingHandler, is_given
from mlabs_ext.service.web.formats import segment
from mlabs_ext.service.web.pages.base import MENDED, Page, shaped
from mlabs_ext.service.web.pages.datasets import address
from mlabs_ext.service.web.pages.settings import VISIBILITIES
from mlabs_ext.service.web.pages.sharing import LASTS

FIELDS = ("title", "description", "license", "source", "tags", "visibility")
NEW = dict.fromkeys(FIELDS, "") | {"visibility": "private", "url": ""}
CHOOSE = "Choose a file first."
# "Read and fork it" is for labs.
WHO = [
    ("public", "Public", "Everybody can find and use it. It needs a license and a description."),
    ("unlisted", "Unlisted", "Everybody who has the link can use it; no list or search shows it."),
    ("private", VISIBILITIES[2][1], "Only you, and those with whom you share it."),
]


class NewDatasetPage(BringingHandler, Page):
    """`BASE/datasets/new`."""

    async def get(self) -> None:
        """Ask for files, and for what they are."""
        self.require_user()
        run = self.get_query_argument("run", "")
        self.ask(NEW | {"run": run})

    def ask(self, form: dict[str, str], problem: str = "", status: int = 200) -> None:
        """Show the form with what was entered; files have to be chosen once more."""
        shown = SimpleNamespace(**({"run": ""} | NEW | form))
        self.page(
            "dataset_new.html",
            status,
            form=shown,
            uploads=self.form.fields.get("uploads", []) if self.form else [],
            problem=problem,
            missing=problem == CHOOSE,
            visibilities=WHO,
            licenses=COMMON,
            limit=self.app.datasets.max_size,
        )

    async def post(self) -> None:
        """Make it, and go on to its page."""
        try:
            fields = await self.received(wire.DatasetCreate)
            is_given(self, fields, CHOOSE)
            kept = await self.app.bringing.bring(self.viewer, fields, self.folder, self.came)
            made = await self.run(self.app.datasets.create, self.viewer, fields, kept)
        except MLabsError as error:
            if error.status not in MENDED or self.viewer.name is None:
                raise
            given = self.form.fields if self.form else {}
            entered = {name: values[-1] for name, values in given.items() if name in (*NEW, "run")}
            self.ask(entered, error.message, error.status)
            return
        self.app.pool.submit(self.app.staging.remove, *fields.uploads or ())
        self.go(address(self, made.owner, made.name))


class Changing(Page):
    """What the pages share that change a dataset."""

    async def changeable(self, owner: str, name: str) -> wire.Dataset:
        """The dataset where the asker may change it; to others it has no such page."""
        dataset = await self.run(self.app.datasets.get, self.viewer, owner, name)
        if not (self.viewer.acts_for(owner) or dataset.access == "edit"):
            raise NotFound("There is nothing at this address.")
        return dataset

    async def ask(
        self,
        dataset: wire.Dataset,
        form: dict[str, Any],
        problem: str = "",
        status: int = 200,
        made: wire.ShareLink | None = None,
    ) -> None:
        """Show the forms with what was entered, or the link that was made: it is shown this once."""
        version = await self.run(
            self.app.datasets.version, self.viewer, dataset.owner, dataset.name, "latest"
        )
        as_it_is = {field: getattr(dataset, field) or "" for field in FIELDS}
        as_it_is["tags"] = " ".join(dataset.tags)
        self.page(
            "dataset_settings.html",
            status,
            dataset=dataset,
            version=version,
            here=address(self, dataset.owner, dataset.name),
            form=SimpleNamespace(**(as_it_is | form)),
            visibilities=WHO,
            licenses=COMMON,
            owns=self.viewer.acts_for(dataset.owner),
            shares=await self.shares(dataset),
            made=made and f"{self.site()}s/{made.secret}",
            lasts=LASTS,
            problem=problem,
            missing=problem == CHOOSE,
        )

    async def shares(self, dataset: wire.Dataset) -> list[wire.Share]:
        """With whom it is shared, for who may say that."""
        if not self.viewer.acts_for(dataset.owner):
            return []
        return await self.run(self.app.dataset_shares.list, self.viewer, dataset.owner, dataset.name)


class DatasetSettingsPage(Changing):
    """`BASE/@{owner}/datasets/{name}/settings`."""

    async def get(self, owner: str, name: str) -> None:
        """Show the forms."""
        self.require_user()
        await self.ask(await self.changeable(owner, name), {})

    async def post(self, owner: str, name: str) -> None:
        """Change its fields."""
        self.require_user()
        dataset, given = await self.changeable(owner, name), self.given(*FIELDS)
        try:
            said: dict[str, Any] = dict(given)
            if "tags" in said:
                said["tags"] = given["tags"].replace(",", " ").split()
            change = shaped(wire.DatasetChange, said)
            await self.run(self.app.datasets.change, self.viewer, owner, name, change)
        except MLabsError as error:
            if error.status not in MENDED:
                raise
            await self.ask(dataset, given, error.message, error.status)
            return
        self.go(address(self, owner, name))


class DatasetVersionAction(BringingHandler, Changing):
    """`POST BASE/@{owner}/datasets/{name}/version`."""

    async def post(self, owner: str, name: str) -> None:
        """Add a version of the files that came."""
        dataset = await self.changeable(owner, name)
        try:
            fields = await self.received(wire.DatasetVersionCreate)
            if not fields.remove:
                is_given(self, fields, CHOOSE)
            kept = await self.app.bringing.bring(self.viewer, fields, self.folder, self.came)
            await self.run(self.app.datasets.add_version, self.viewer, owner, name, fields, kept)
        except MLabsError as error:
            if error.status not in MENDED:
                raise
            await self.ask(dataset, {}, error.message, error.status)
            return
        self.app.pool.submit(self.app.staging.remove, *fields.uploads or ())
        self.go(address(self, owner, name))


class DatasetAttachAction(Page):
    """`POST BASE/@{owner}/datasets/{name}/attach`."""

    async def post(self, owner: str, name: str) -> None:
        """Have a lab of the asker's use it, or use it no more."""
        self.require_user()
        lab, rules = split_lab(self.field("lab")), self.app.lab_datasets
        if self.field("do") == "detach":
            await self.run(rules.detach, self.viewer, lab, (owner, name))
        else:
            pinned = self.field("version")
            fields = shaped(wire.DataAttach, {"version": int(pinned)} if pinned.isdigit() else {})
            await self.run(rules.attach, self.viewer, lab, (owner, name), fields)
        self.go_on(f"{address(self, owner, name)}?lab={segment('/'.join(lab))}#labs")


class DatasetDeleteAction(Page):
    """`POST BASE/@{owner}/datasets/{name}/delete`."""

    async def post(self, owner: str, name: str) -> None:
        """Put it into the trash."""
        self.require_user()
        self.need_sure("it is to be deleted")
        await self.run(self.app.datasets.delete, self.viewer, owner, name)
        self.go(f"{self.app.base_url}me/trash")


class DatasetRestoreAction(Page):
    """`POST BASE/@{owner}/datasets/{name}/restore`."""

    async def post(self, owner: str, name: str) -> None:
        """Take it out of the trash."""
        self.require_user()
        restored = await self.run(self.app.datasets.restore, self.viewer, owner, name)
        self.go(address(self, restored.owner, restored.name))
