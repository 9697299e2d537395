"""The trainer: machine learning without code, in the reader's own browser; the service only hands it out."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from mlabs_ext.service.web.pages.base import Page

MODEL = re.compile(r"[^/\s]{1,255}/[a-z0-9-]{1,60}")


class Sample(NamedTuple):
    """A small dataset that comes along: a file below `static/trainer/`, and what people should know of it."""

    file: str
    title: str
    words: str
    source: str
    license: str


SAMPLES = (
    Sample(
        "iris.csv",
        "Iris",
        "150 flowers of three species, measured in four ways. The classic first table.",
        "R. A. Fisher, 1936; UCI Machine Learning Repository, as in scikit-learn",
        "CC BY 4.0",
    ),
    Sample(
        "penguins.csv",
        "Penguins",
        "344 penguins of three species, with some values missing, as in real life.",
        "K. Gorman, A. Horst and A. Hill, palmerpenguins",
        "CC0 1.0",
    ),
    Sample(
        "moons.csv",
        "Two moons",
        "400 points in two bows that no straight line parts. See the border being learned.",
        "Made by chance for MLabs",
        "CC0 1.0",
    ),
    Sample(
        "digits.csv",
        "Digits",
        "1,797 handwritten digits of 8 by 8 pixels, for a first convolution.",
        "E. Alpaydin and C. Kaynak, 1998; UCI Machine Learning Repository, as in scikit-learn",
        "CC BY 4.0",
    ),
)


class TrainerPage(Page):
    """`BASE/trainer`."""

    starts_workers = True

    async def get(self) -> None:
        """Show it; everything else happens in the page."""
        self.page("trainer.html", **self.shown())

    def shown(self) -> dict[str, Any]:
        """What its template uses."""
        return {
            "samples": SAMPLES,
            "model": self.named("model", MODEL),
            "worker_url": self.worker_url,
        }

    def worker_url(self, file: str) -> str:
        """The address of a worker's script: below the page, see `trainer_offline`."""
        _, _, version = self.static_url(f"build/workers/{file}").partition("?")
        return f"{self.app.base_url}trainer/workers/{file}?{version}"

    def named(self, field: str, form: re.Pattern[str]) -> str:
        """What the address names, if it is such a name; whether there is one, the page finds out."""
        given = self.get_query_argument(field, "")
        return given if form.fullmatch(given) else ""
