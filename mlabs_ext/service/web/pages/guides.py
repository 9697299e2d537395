"""The documentation as pages of this site: its contents with a search, each page, and their pictures."""

from __future__ import annotations

from typing import Any, NamedTuple

from tornado.web import StaticFileHandler

from mlabs_ext.service.guide_text import Section
from mlabs_ext.service.web.pages.base import Page

# How deep the outline beside a page goes.
DEEPEST = 3
DAY = 86400


class Place(NamedTuple):
    """A heading in the outline beside a page."""

    depth: int
    href: str
    text: str


class GuidesPage(Page):
    """`BASE/docs/`."""

    async def get(self) -> None:
        """Show the contents, or what a search found."""
        query = self.get_query_argument("q", "").strip()
        guides = self.app.guides
        found = await self.run(guides.search, query) if query else None
        self.page("guides.html", groups=await self.run(guides.contents), query=query, found=found)


class GuidePage(Page):
    """`BASE/docs/<name>`."""

    async def get(self, name: str) -> None:
        """Show a page of it."""
        guide = await self.run(self.app.guides.get, name)
        groups = await self.run(self.app.guides.contents)
        self.page("guide.html", guide=guide, name=name, groups=groups, outline=outline(guide.sections))


class GuidePicture(StaticFileHandler):
    """A picture of it."""

    def initialize(self, *args: Any, **kwargs: Any) -> None:
        """Find the folder, which only the service knows."""
        super().initialize(path=str(self.settings["mlabs"].guides.pictures))

    def set_default_headers(self) -> None:
        """Keep browsers from guessing types."""
        self.clear_header("Server")
        self.set_header("X-Content-Type-Options", "nosniff")

    def set_extra_headers(self, path: str) -> None:
        """It changes with an upgrade only."""
        self.set_header("Cache-Control", f"public, max-age={DAY}")


def outline(sections: list[Section]) -> list[Place]:
    """The headings below the first."""
    return [
        Place(section.level - 2, f"#{section.anchor}", section.title)
        for section in sections[1:]
        if section.level <= DEEPEST
    ]


ROUTES = [
    (r"docs/?", GuidesPage),
    (r"docs/screenshots/([a-z0-9-]+\.(?:png|svg))", GuidePicture),
    (r"docs/([a-z0-9-]{1,60})", GuidePage),
]
