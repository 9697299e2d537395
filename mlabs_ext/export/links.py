"""Decides what becomes of each address on a page: a file of the export, the original site, or nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urldefrag, urljoin, urlsplit

from mlabs_ext.export import places

# What only somebody who is signed in can do, and what only a server can answer.
ACTION = re.compile(
    r"(open|fork|run|new|login|logout|me|admin|servers|import|unsubscribe|collect|report|comments|s)(/.*)?"
    r"|@[^/]+/[^/]+/(settings|schedule|delete|star|sharing|to-original)"
)
# What says nothing by its name alone: it leads to the original, or is left out.
ASIDE = re.compile(
    r"@[^/]+/[^/]+/(compare/.*|embed(\?.*)?|(v/\d+/)?(script|html|cite\.bib|CITATION\.cff))"
    r"|docs/.*|oembed.*|\?(.*&)?sort=.*|.*\.atom(\?.*)?"
)
OF_LAB = re.compile(r"(?:embed/|render/|api/v1/labs/|assets/)?@?([^/]+)/([a-z0-9-]{1,60})(?:/.*)?")
OF_RUN = re.compile(rf"(?:@[^/]+/[a-z0-9-]+/|render/@[^/]+/[a-z0-9-]+/|api/v1/)runs/({places.RUN})(?:/.*)?")
PERSON = re.compile(r"@([^/]+)(?:/feed\.atom|/collections/[^/]+)?")
FILTERS = frozenset(("q", "environment", "accelerator", "tag", "owner"))


class Fate(Enum):
    """What becomes of a link."""

    KEPT = "as `to` says"
    PLAIN = "its text stays"
    GONE = "nothing stays"


class Link(NamedTuple):
    """A link's fate, the address that it has now, and what it needs: an address of the site and its file."""

    fate: Fate
    to: str = ""
    needs: tuple[str, str] | None = None


@dataclass
class Scope:
    """What an export holds: labs as `owner/name`, of which runs that go on are no part; people's profiles."""

    explore: bool = False
    people: set[str] = field(default_factory=set)
    labs: set[str] = field(default_factory=set)
    open_runs: set[str] = field(default_factory=set)

    def holds(self, address: str) -> bool:
        """Whether an address that has a file is part of it."""
        if run := OF_RUN.fullmatch(address):
            if run[1] in self.open_runs:
                return False
            if address.startswith("api/"):
                return True
        if address == "" or (places.KNOWN.fullmatch(address) and not address.startswith("@")):
            return True
        if person := PERSON.fullmatch(address):
            return unquote(person[1]) in self.people
        if address == "feed.atom":
            return self.explore
        lab = OF_LAB.fullmatch(address)
        return lab is not None and f"{unquote(lab[1])}/{lab[2]}" in self.labs


@dataclass(frozen=True)
class Links:
    """The links of the page in `file`, whose address is `url`.

    `base` is BASE as the page writes it, `origin` BASE as readers reach it, empty where it is not known.
    `more` says where the further pages of a list lie, by the whole address.
    """

    scope: Scope
    base: str
    origin: str
    url: str
    file: str
    more: dict[str, str] = field(default_factory=dict)

    def of(self, value: str) -> Link:
        """What becomes of an address on the page."""
        url, fragment = urldefrag(urljoin(self.url, value))
        address = self.inside(url)
        if value.startswith("#") or (address is None and not self._of_host(url)):
            return Link(Fate.KEPT, value)
        if address is None:
            return Link(Fate.GONE)
        path, query = address.partition("?")[::2]
        if (file := self._file(url, path, query)) is not None:
            to = places.link(self.file, file) + self._query(path, query) + (fragment and f"#{fragment}")
            return Link(Fate.KEPT, to, (address, file))
        if ACTION.fullmatch(path) or (ASIDE.fullmatch(address) and not self.origin):
            return Link(Fate.GONE)
        return self.original(address, fragment)

    def picture(self, value: str) -> Link:
        """What becomes of a picture's address; those that are made for the pages are part of the export."""
        found = self.of(value)
        address = self.inside(urljoin(self.url, value))
        if found.needs or address is None:
            return found
        file = places.picture_of(address.partition("?")[0])
        if file is None:
            return Link(Fate.GONE)
        return Link(Fate.KEPT, places.link(self.file, file), (address, file))

    def original(self, address: str, fragment: str = "") -> Link:
        """The same at the original site, where that is known."""
        if not self.origin:
            return Link(Fate.PLAIN)
        return Link(Fate.KEPT, f"{self.origin}{address}" + (fragment and f"#{fragment}"))

    def inside(self, url: str) -> str | None:
        """The address below BASE, with its query; None for what is elsewhere."""
        for base in (self.base, self.origin):
            if base and (url.startswith(base) or url == base.removesuffix("/")):
                return url[len(base) :]
        return None

    def _of_host(self, url: str) -> bool:
        return urlsplit(url)[:2] == urlsplit(self.base)[:2]

    def _file(self, url: str, path: str, query: str) -> str | None:
        if url in self.more:
            return self.more[url]
        file = places.file_of(path) if self.scope.holds(path) else None
        if places.FEED.fullmatch(path) and (query or not self.origin):
            # The addresses in a feed are whole ones, and without a site there are none.
            return None
        names = {name for name, _ in parse_qsl(query)}
        if path == "" and names:
            return file if self.scope.explore and names <= FILTERS else None
        # Pages by another order or filter are not there; documents and files look at their query themselves.
        return None if names and places.PAGE.fullmatch(path) and not path.startswith("embed/") else file

    def _query(self, path: str, query: str) -> str:
        """What of a query a script of the export looks at."""
        wanted = path == "" or path.startswith("embed/") or places.DOCUMENT.fullmatch(path)
        return f"?{query}" if query and wanted and f"{self.base}{path}?{query}" not in self.more else ""
