"""Datasets: the library of them, and each one's page with what is in its files."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from msgspec import UNSET

from mlabs_ext.service import licenses
from mlabs_ext.service.web.formats import segment
from mlabs_ext.service.web.pages.base import Page
from mlabs_ext.service.web.pages.dataset_snippets import snippets
from mlabs_ext.wire import Bar, Dataset, DatasetFile, DatasetVersion, Lab

LISTED, VERSIONS, FILES, IMAGES = 30, 20, 200, 60
# Pictures up to this size are shown in a grid, as they are.
PICTURE = 1_000_000
MY_LABS = 100
SORTS = (("recent", "Recent"), ("popular", "Popular"))


def address(page: Page, owner: str, name: str) -> str:
    """A dataset's page."""
    return f"{page.app.base_url}@{segment(owner)}/datasets/{name}"


class DatasetsPage(Page):
    """`BASE/datasets`."""

    async def get(self) -> None:
        """List, search."""
        asked = {name: self.get_query_argument(name, "").strip() for name in ("q", "owner", "sort")}
        if asked["q"]:
            self.costs()
        wanted = {name: value or None for name, value in asked.items()}
        cursor = self.get_query_argument("cursor", None)
        found, following = await self.run(
            self.app.datasets.find, self.viewer, **wanted, limit=LISTED, cursor=cursor
        )
        kept = {name: value for name, value in asked.items() if value}
        self.page(
            "datasets.html",
            datasets=found,
            asked=asked,
            sorts=[(name, title, f"?{urlencode(kept | {'sort': name})}") for name, title in SORTS],
            sort=asked["sort"] or "recent",
            next=following and f"?{urlencode(kept | {'cursor': following})}",
        )


class OwnersDatasetsPage(Page):
    """`BASE/@{owner}/datasets`, as there is `BASE/@{owner}/models`."""

    async def get(self, owner: str) -> None:
        """Lead to the list of one owner."""
        self.redirect(f"{self.app.base_url}datasets?owner={segment(owner)}")


class DatasetPage(Page):
    """`BASE/@{owner}/datasets/{name}`, of any `?version=`; `?file=` is looked into."""

    async def get(self, owner: str, name: str) -> None:
        """Show what it is, what is in a file of it, and how to load that."""
        dataset = await self.run(self.app.datasets.get, self.viewer, owner, name)
        number = self.number("version", dataset.version, 1, 2**31 - 1)
        version = await self.run(self.app.datasets.version, self.viewer, owner, name, number)
        file = self.chosen(version)
        around = await self.around(dataset, file)
        self.page(
            "dataset.html",
            dataset=dataset,
            version=version,
            fixed=number != dataset.version,
            here=address(self, owner, name),
            raw=f"{self.app.base_url}data/{segment(owner)}/{name}/{number}/",
            license_url=dataset.license and licenses.address(dataset.license),
            file=file,
            link=lambda path: f"?{urlencode({'version': number, 'file': path})}#file",
            shown=[] if version.items is UNSET else version.items[:FILES],
            images=pictures(version)[:IMAGES],
            bars=bars,
            verdict=dataset.taken_down
            and await self.run(self.app.social.moderation.of_dataset, self.viewer, owner, name),
            snippets=file and snippets(dataset, file, around["preview"], self.site(), number),
            **around,
        )

    async def around(self, dataset: Dataset, file: DatasetFile | None) -> dict[str, Any]:
        """What is in the file, which versions and labs there are, and what the asker may do."""
        app, which = self.app, (self.viewer, dataset.owner, dataset.name)
        versions, _ = await self.run(app.datasets.versions, *which, VERSIONS)
        mine: list[Lab] = []
        if self.viewer.can_write and self.viewer.name:
            mine, _ = await self.run(app.labs.find, self.viewer, owner=self.viewer.name, limit=MY_LABS)
        own = self.viewer.acts_for(dataset.owner)
        return {
            "preview": await app.previews.of(file.path, file.digest) if file else None,
            "versions": versions,
            "labs": (labs := await self.run(app.lab_datasets.labs_of, *which)),
            "mine": mine,
            **await self.used(labs),
            "offered": await self.run(app.dataset_shares.offered, *which),
            "may_change": self.viewer.can_write and (own or dataset.access == "edit"),
        }

    async def used(self, labs: list[Lab]) -> dict[str, Any]:
        """Which labs of the asker's use it, and of the one that `?lab=` names whether its server runs."""
        using = [lab for lab in labs if lab.owner == self.viewer.name]
        asked = self.get_query_argument("lab", "")
        named = next((lab for lab in using if f"{lab.owner}/{lab.name}" == asked), None)
        running = await self.run(self.app.servers.mine, self.viewer) if named else []
        return {"using": using, "named": named, "runs": asked in [server.lab for server in running]}

    def chosen(self, version: DatasetVersion) -> DatasetFile | None:
        """The file that is asked for, else the first that is a table, else the first."""
        asked = self.get_query_argument("file", "")
        files = version.items or []
        tables = [file for file in files if file.type in ("text/csv", "text/tab-separated-values")]
        there = [file for file in files if file.path == asked] or tables or files
        return there[0] if there else None


def pictures(version: DatasetVersion) -> list[DatasetFile]:
    """The images that are small enough to be shown many at once."""
    return [file for file in version.items or [] if file.type.startswith("image/") and file.size < PICTURE]


def bars(column: list[Bar]) -> list[tuple[int, int, int, int]]:
    """A histogram's rectangles, in a box of 96 by 24."""
    most = max((bar.count for bar in column), default=0) or 1
    width = 96 / max(1, len(column))
    heights = [max(1, round(24 * bar.count / most)) if bar.count else 0 for bar in column]
    return [(round(width * n), 24 - high, max(1, round(width) - 1), high) for n, high in enumerate(heights)]
