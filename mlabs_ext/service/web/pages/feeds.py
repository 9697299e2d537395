"""Atom feeds of what everybody may see: labs of a search or of a person, a lab's versions, and its runs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import urlencode

from mlabs_ext.service.times import duration
from mlabs_ext.service.viewers import Viewer
from mlabs_ext.service.web.formats import lab_path, number, segment
from mlabs_ext.service.web.pages.base import Page
from mlabs_ext.service.web.pages.explore import FILTERS
from mlabs_ext.service.web.templates import templates
from mlabs_ext.wire import Lab, Run, Version

LENGTH = 30
# Seconds that a feed may be kept; afterwards its ETag makes asking again cheap.
FRESH = 300
# What XML cannot hold in any form.
UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# What a feed without entries says of its last change.
NEVER = datetime(2020, 1, 1, tzinfo=UTC)


class Entry(NamedTuple):
    """Something that is new. `url` is its page, and names it for good."""

    url: str
    title: str
    author: str
    published: datetime
    updated: datetime
    summary: str
    tags: Sequence[str] = ()


class FeedPage(Page):
    """A feed; the same for everybody, whoever asks."""

    reads_cookies = False

    def feed(self, title: str, page: str, entries: list[Entry]) -> None:
        """Answer with the entries; `page` is the path of the page that shows the same."""
        updated = max((entry.updated for entry in entries), default=NEVER)
        whole = {"title": title, "page": self.site() + page, "address": self.address(), "updated": updated}
        text = templates().get_template("feed.xml").render(entries=entries, **whole)
        self.set_header("Content-Type", "application/atom+xml; charset=utf-8")
        self.set_header("Cache-Control", f"public, max-age={FRESH}")
        self.set_header("Vary", "Accept-Encoding")
        self.set_header("Last-Modified", format_datetime(updated.replace(microsecond=0), usegmt=True))
        data = UNFIT.sub("", text).encode()
        self.etag = f'"{sha256(data).hexdigest()[:32]}"'
        if self.unchanged(updated):
            self.set_status(304)
            self.finish()
        else:
            self.finish(data)

    def unchanged(self, updated: datetime) -> bool:
        """Whether the asker, who did not say which feed they have, has one of this time."""
        since = self.request.headers.get("If-Modified-Since")
        if since is None or "If-None-Match" in self.request.headers:
            return False
        try:
            known = parsedate_to_datetime(since)
        except ValueError:
            return False
        return updated.replace(microsecond=0) <= (known if known.tzinfo else known.replace(tzinfo=UTC))

    def address(self) -> str:
        """The feed's own address, with those of the query that mean something."""
        path = self.request.path.removeprefix(self.app.base_url)
        query = {name: value for name in FILTERS if (value := self.get_query_argument(name, ""))}
        return f"{self.site()}{path}{'?' if query else ''}{urlencode(query)}"

    def of_lab(self, lab: Lab) -> Entry:
        """A lab as an entry."""
        url = f"{self.site()}{lab_path(lab)}"
        return Entry(url, lab.title, lab.owner, lab.created, lab.updated, lab.description, lab.tags)


class ExploreFeed(FeedPage):
    """`BASE/feed.atom`, with the filters of Explore."""

    async def get(self) -> None:
        """The newest labs that match."""
        search = {name: value for name in FILTERS if (value := self.get_query_argument(name, ""))}
        if "q" in search:
            self.costs()
        rule = self.app.labs.find
        labs, _ = await self.run(rule, Viewer.anonymous(), **search, sort="recent", limit=LENGTH)
        said = ", ".join(value for value in search.values())
        query = f"?{urlencode(search)}" if search else ""
        self.feed(f"New labs: {said}" if said else "New labs", query, [self.of_lab(lab) for lab in labs])


class OwnerFeed(FeedPage):
    """`BASE/@{owner}/feed.atom`."""

    async def get(self, owner: str) -> None:
        """The newest public labs of a person."""
        labs, _ = await self.run(self.app.labs.find, Viewer.anonymous(), owner=owner, limit=LENGTH)
        self.feed(f"Labs of {owner}", f"@{segment(owner)}", [self.of_lab(lab) for lab in labs])


class VersionsFeed(FeedPage):
    """`BASE/@{owner}/{lab}/versions.atom`."""

    async def get(self, owner: str, name: str) -> None:
        """A lab's newest versions."""
        lab = await self.run(self.app.labs.get, Viewer.anonymous(), owner, name)
        versions, _ = await self.run(self.app.versions.list, Viewer.anonymous(), owner, name, LENGTH)
        entries = [self.of_version(lab, version) for version in versions]
        self.feed(f"Versions of {lab.title}", lab_path(lab), entries)

    def of_version(self, lab: Lab, version: Version) -> Entry:
        """A version as an entry."""
        title, summary = f"{lab.title}, version {version.number}", version.message or "No message."
        url = f"{self.site()}{lab_path(lab)}/v/{version.number}"
        return Entry(url, title, version.author, version.created, version.created, summary)


class RunsFeed(FeedPage):
    """`BASE/@{owner}/{lab}/runs.atom`."""

    async def get(self, owner: str, name: str) -> None:
        """A lab's newest runs, as far as everybody may see them."""
        lab = await self.run(self.app.labs.get, Viewer.anonymous(), owner, name)
        runs, _ = await self.run(self.app.runs.list_of_lab, Viewer.anonymous(), owner, name, LENGTH, None)
        entries = [self.of_run(lab, run) for run in runs]
        self.feed(f"Runs of {lab.title}", f"{lab_path(lab)}/runs", entries)

    def of_run(self, lab: Lab, run: Run) -> Entry:
        """A run as an entry, which is new once more when the run ends."""
        took = [f"in {duration(run.duration)}"] if run.duration is not None else []
        summary = [f"Version {run.version}", run.environment, *took]
        summary += [f"{name} {number(value)}" for name, value in run.metrics.items()]
        url = f"{self.site()}{lab_path(lab)}/runs/{run.id}"
        title = f"{lab.title}: run {run.status}"
        return Entry(url, title, run.user, run.started, run.ended or run.started, ", ".join(summary))
