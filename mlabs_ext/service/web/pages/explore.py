"""Explore: finding labs."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple
from urllib.parse import urlencode

from mlabs_ext.accelerators import label
from mlabs_ext.service.lab_lists import RELEVANCE
from mlabs_ext.service.web.pages.base import Page
from mlabs_ext.service.words import terms

FILTERS = ("q", "environment", "accelerator", "tag", "owner")
SORTS = {"recent": "Newest", "popular": "Popular", "trending": "Trending"}
BEST = {RELEVANCE: "Best match"}
PAGE = 24


class Link(NamedTuple):
    """One choice among several."""

    name: str
    title: str
    href: str
    current: bool


class Links:
    """The addresses that lead from one search to the next."""

    def __init__(
        self,
        base_url: str,
        search: dict[str, str],
        titles: dict[str, str],
        following: str | None,
        accelerators: Collection[str] = (),
    ):
        self.base_url, self.search = base_url, search
        self.all = self.to(environment="")
        self.environments = self._choices("environment", titles, "")
        kinds = {"": "Any", "none": "CPU"} | {name: label(name) for name in accelerators if name != "none"}
        self.accelerators = self._choices("accelerator", kinds, "") if len(kinds) > 2 else []
        first = RELEVANCE if search.get("q") else "recent"
        self.sorts = self._choices("sort", (BEST if first in BEST else {}) | SORTS, first)
        self.without = {name: self.to(**{name: ""}) for name in FILTERS if search.get(name)}
        self.next = self.to(cursor=following) if following else None
        self.feed = self.to("feed.atom", sort="")

    def _choices(self, field: str, titles: dict[str, str], default: str) -> list[Link]:
        chosen = self.search.get(field) or default
        return [Link(name, title, self.to(**{field: name}), name == chosen) for name, title in titles.items()]

    def to(self, path: str = "", **changes: str) -> str:
        """The same search with `changes`, from its first page."""
        query = {name: value for name, value in (self.search | changes).items() if value}
        return f"{self.base_url}{path}?{urlencode(query)}" if query else f"{self.base_url}{path}"


class ExplorePage(Page):
    """`BASE/`."""

    async def get(self) -> None:
        """Show the labs that match, newest first."""
        search = {name: self.get_query_argument(name, "") for name in (*FILTERS, "sort")}
        filters: dict[str, Any] = {name: search[name] or None for name in FILTERS}
        cursor = self.get_query_argument("cursor", None)
        if search["q"]:
            self.costs()
        labs, following = await self.run(
            self.app.labs.find,
            self.viewer,
            **filters,
            sort=search["sort"] or None,
            limit=PAGE,
            cursor=cursor,
        )
        environments = self.app.catalogue.all()
        titles = {e.name: e.title for e in environments}
        accelerators = sorted({kind for e in environments for kind in e.accelerators})
        self.page(
            "explore.html",
            labs=labs,
            links=Links(self.app.base_url, search, titles, following, accelerators),
            filtered=any(filters.values()) or cursor is not None,
            first=cursor is None,
            wordless=bool(search["q"].strip()) and not terms(search["q"]),
            environment_name=search["environment"],
            kept={name: search[name] for name in (*FILTERS[1:], "sort") if search[name]},
            q=search["q"],
            accelerator=search["accelerator"],
            tag=search["tag"],
            owner=search["owner"],
        )
