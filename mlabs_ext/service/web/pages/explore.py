"""Explore: finding labs."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import urlencode

from mlabs_ext.service.web.pages.base import Page

FILTERS = ("q", "environment", "tag", "owner")
SORTS = {"recent": "Newest", "popular": "Popular", "trending": "Trending"}
PAGE = 24


class Link(NamedTuple):
    """One choice among several."""

    name: str
    title: str
    href: str
    current: bool


class Links:
    """The addresses that lead from one search to the next."""

    def __init__(self, base_url: str, search: dict[str, str], titles: dict[str, str], following: str | None):
        self.base_url, self.search = base_url, search
        chosen = search.get("environment", "")
        self.all = self.to(environment="")
        self.environments = [
            Link(name, title, self.to(environment=name), name == chosen) for name, title in titles.items()
        ]
        sort = search.get("sort") or "recent"
        self.sorts = [Link(name, title, self.to(sort=name), name == sort) for name, title in SORTS.items()]
        self.without_tag, self.without_owner = self.to(tag=""), self.to(owner="")
        self.next = self.to(cursor=following) if following else None

    def to(self, **changes: str) -> str:
        """The same search with `changes`, from its first page."""
        query = {name: value for name, value in (self.search | changes).items() if value}
        return f"{self.base_url}?{urlencode(query)}" if query else self.base_url


class ExplorePage(Page):
    """`BASE/`."""

    async def get(self) -> None:
        """Show the labs that match, newest first."""
        search = {name: self.get_query_argument(name, "") for name in (*FILTERS, "sort")}
        filters: dict[str, Any] = {name: search[name] or None for name in FILTERS}
        cursor = self.get_query_argument("cursor", None)
        labs, following = await self.run(
            self.app.labs.find,
            self.viewer,
            **filters,
            sort=search["sort"] or "recent",
            limit=PAGE,
            cursor=cursor,
        )
        titles = {e.name: e.title for e in self.app.catalogue.all()}
        self.page(
            "explore.html",
            labs=labs,
            links=Links(self.app.base_url, search, titles, following),
            filtered=any(filters.values()) or cursor is not None,
            environment_name=search["environment"],
            **{name: search[name] for name in ("q", "tag", "owner")},
        )
