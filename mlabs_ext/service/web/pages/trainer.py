"""The trainer: machine learning without code, in the reader's own browser; the service only hands it out."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from mlabs_ext.service.web.formats import segment
from mlabs_ext.service.web.pages.base import Page
from mlabs_ext.wire import Dataset

MOST = 50
MODEL = re.compile(r"[^/\s]{1,255}/[a-z0-9-]{1,60}")


class Words(NamedTuple):
    """What a dataset that comes with MLabs is good for here, and briefly whose work it is."""

    words: str
    source: str


# Those of the library that the trainer offers, in the order in which they are good to begin with.
OFFERED = {
    "iris": Words(
        "150 flowers of three species, measured in four ways. The classic first table.",
        "R. A. Fisher, 1936; UCI Machine Learning Repository",
    ),
    "penguins": Words(
        "344 penguins of three species, with some values missing, as in real life.",
        "K. Gorman, A. Horst and A. Hill, palmerpenguins",
    ),
    "two-moons": Words(
        "400 points in two bows that no straight line parts. See the border being learned.",
        "Made by chance for MLabs",
    ),
    "digits": Words(
        "1,797 handwritten digits of 8 by 8 pixels, for a first convolution.",
        "E. Alpaydin and C. Kaynak, 1998; UCI Machine Learning Repository",
    ),
    "reviews": Words(
        "1,200 short reviews, good or bad, put together by rules: for a first network that reads.",
        "Made by chance for MLabs",
    ),
    "wine": Words(
        "178 wines of three cultivars, with 13 results of their analysis in very different sizes.",
        "S. Aeberhard and M. Forina, 1991; UCI Machine Learning Repository",
    ),
}


class Sample(NamedTuple):
    """A dataset of the library as the trainer offers it; `path` is its table."""

    dataset: Dataset
    words: Words
    path: str

    @property
    def address(self) -> str:
        """Where it is, below the service's address."""
        data = self.dataset
        return f"data/{segment(data.owner)}/{data.name}/{data.version}/{self.path}"


class TrainerPage(Page):
    """`BASE/trainer`."""

    starts_workers = True

    async def get(self) -> None:
        """Show it; everything else happens in the page."""
        self.page("trainer.html", **await self.shown())

    async def shown(self) -> dict[str, Any]:
        """What its template uses."""
        return {
            "samples": await self.samples(),
            "pooled": self.app.community.limits.enabled,
            "model": self.named("model", MODEL),
            "worker_url": self.worker_url,
            "visibility": self.app.labs.default_visibility,
        }

    async def samples(self) -> list[Sample]:
        """What comes along, as far as the library has it."""
        library = self.app.library.owner
        found, _ = await self.run(self.app.datasets.find, self.viewer, owner=library, limit=MOST)
        there = {dataset.name: dataset for dataset in found if dataset.version}
        return [Sample(there[name], words, f"{name}.csv") for name, words in OFFERED.items() if name in there]

    def worker_url(self, file: str) -> str:
        """The address of a worker's script: below the page, see `trainer_offline`."""
        _, _, version = self.static_url(f"build/workers/{file}").partition("?")
        return f"{self.app.base_url}trainer/workers/{file}?{version}"

    def named(self, field: str, form: re.Pattern[str]) -> str:
        """What the address names, if it is such a name; whether there is one, the page finds out."""
        given = self.get_query_argument(field, "")
        return given if form.fullmatch(given) else ""
