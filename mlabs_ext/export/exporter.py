"""Writes an export: asks the service for its own pages, one after another, and makes files of them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from html import unescape
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import quote, urljoin

from mlabs_ext.errors import NotFound
from mlabs_ext.export import finder, places, sealed
from mlabs_ext.export.folder import Folder
from mlabs_ext.export.links import Links, Scope
from mlabs_ext.export.page import Page
from mlabs_ext.export.source import Answer, Reader
from mlabs_ext.export.wanted import Asset, Lab, Run
from mlabs_ext.export.words import rendered

T = TypeVar("T")
AT_ONCE = 4
CSP = "content-security-policy"
NEXT = re.compile(r'<a\b[^>]*\brel="next"[^>]*>')
HREF = re.compile(r'\bhref="([^"]*)"')
RENDER = "static/render/"
THREAD = re.compile(rf"{places.LAB}/comments/{places.RUN}")
COLLECTION = re.compile(places.COLLECTION)
# What the largest files are for: the kind of output that documents name.
VIEWERS = {"plotly": "plotly", "vega": "vega", "widgets": "widget"}


class Exporter:
    """One export of `scope` from `reader` to `folder`."""

    def __init__(self, reader: Reader, folder: Folder, scope: Scope):
        self.reader, self.folder, self.scope = reader, folder, scope
        self.base, self.origin = reader.source.base, reader.source.origin
        self._seen: set[str] = set()
        self._script = ""
        self._viewers: dict[str, list[str]] = {}

    async def begin(self) -> None:
        """What all pages share, and what others may load from the site."""
        for address in ("badge.svg", "embed.js"):
            await self._try(self.need(address, address))
        try:
            manifest = await self.reader.get(f"{RENDER}manifest.json", dict[str, str])
            files = await self.reader.get(f"{RENDER}files.json", list[str])
        except NotFound:
            return  # the UI is not built: documents have no style there either
        self._script = RENDER + manifest["copied.js"]
        for name in files:
            if viewer := VIEWERS.get(name.partition("-")[0]):
                self._viewers.setdefault(viewer, []).append(name)
            elif not name.startswith("live-"):
                await self._render_file(f"{RENDER}{name}")

    async def lab(self, lab: Lab) -> None:
        """A lab with its versions, runs that have ended, forks, and files."""
        try:
            await self._lab(lab)
        except NotFound:
            # It was made private or deleted meanwhile.
            self.scope.labs.discard(lab.ref)
            starts = [lab.page, f"embed/{lab.page}", f"render/{lab.page}"]
            starts += [f"{part}/{lab.path}" for part in ("assets", "thumbnails", "api/v1/labs")]
            self.folder.drop(*(f"{places.safe_path(start)}/" for start in starts))

    async def _lab(self, lab: Lab) -> None:
        runs = await self.reader.list(f"api/v1/labs/{lab.path}/runs", Run)
        self.scope.open_runs |= {run.id for run in runs if run.ended is None}
        versions = [f"{lab.page}/v/{number}" for number in range(1, lab.version + 1)]
        around = [*versions, f"{lab.page}/forks", f"embed/{lab.page}"]
        await self.each(around, lambda address: self._try(self.page(address)))
        leads = await self.page(lab.page)
        for part in ("runs", "board", "versions", "comments"):
            if f"{lab.page}/{part}" in leads:
                pages = await self.pages(f"{lab.page}/{part}")
                threads = {address for page in pages for address in page if THREAD.fullmatch(address)}
                await self.each(sorted(threads), self.page)
        badge = f"{lab.page}/reproduced.svg"
        await self._try(self.need(badge, places.safe_path(badge)))
        await self.each([run.id for run in runs if run.ended], lambda run: self._run(lab, run))
        await self.assets(lab, "latest", await self.reader.list(f"api/v1/labs/{lab.path}/assets", Asset))

    async def _run(self, lab: Lab, run: str) -> None:
        leads = await self._try(self.page(f"{lab.page}/runs/{run}"))
        if any(address.startswith("assets/") for address in leads or ()):
            await self.assets(lab, run, await self.reader.list(f"api/v1/runs/{run}/outputs", Asset))

    async def lists(self, labs: list[Lab]) -> None:
        """Profiles, and Explore with what its search looks at; in its place, the way to what there is."""
        for person in sorted(self.scope.people):
            pages = await self.pages(f"@{quote(person, safe='')}")
            curated = {address for page in pages for address in page if COLLECTION.fullmatch(address)}
            await self.each(sorted(curated), self.page)
        if self.scope.explore:
            pages = await self.pages("", finder=finder.FILE)
            self.folder.put(finder.FILE, finder.index(labs, pages))
            return
        first = f"@{quote(next(iter(self.scope.people)), safe='')}" if self.scope.people else labs[0].page
        way = places.link("index.html", places.file_of(first) or "")
        self.folder.put("index.html", rendered("front.html", way=way).encode())

    async def page(self, address: str) -> dict[str, str]:
        """A page; the addresses that it leads to, with their files."""
        return await self._write(address, await self.reader.body(address), places.file_of(address) or "", {})

    async def pages(self, address: str, **root: str) -> list[dict[str, str]]:
        """The same of a list, page after page."""
        file, found = places.file_of(address) or "", list[dict[str, str]]()
        asked: str | None = address
        while asked is not None:
            number, got = len(found) + 1, await self.reader.body(asked)
            following = self._following(asked, got[0].decode())
            more = {f"{self.base}{following}": places.page_file(file, number + 1)}
            found.append(await self._write(asked, got, places.page_file(file, number), more, **root))
            asked = following
        return found

    async def _write(
        self, address: str, got: tuple[bytes, Answer], file: str, more: dict[str, str], **root: str
    ) -> dict[str, str]:
        links = Links(self.scope, self.base, self.origin, f"{self.base}{address}", file, more)
        notice = rendered("notice.html", original=self.origin and f"{self.origin}{address}")
        page = Page(links, got[1].headers[CSP], notice, copy=places.link(file, "index.html"), **root)
        self.folder.put(file, page.text(got[0].decode()))
        for needed, place in page.needs.items():
            await self.need(needed, place)
        return page.needs

    def _following(self, address: str, text: str) -> str | None:
        tag = NEXT.search(text)
        href = tag and HREF.search(tag[0])
        return urljoin(f"{self.base}{address}", unescape(href[1]))[len(self.base) :] if href else None

    async def need(self, address: str, file: str) -> None:
        """What a page needs besides other pages, once; assets come by their own lists."""
        path = address.partition("?")[0]
        if file in self._seen or places.PAGE.fullmatch(path) or places.ASSET.fullmatch(path):
            return
        self._seen.add(file)
        body, answer = await self.reader.body(path if places.DOCUMENT.fullmatch(path) else address)
        if places.DOCUMENT.fullmatch(path):
            for viewer in [kind for kind in self._viewers if f'data-kind="{kind}"'.encode() in body]:
                for name in self._viewers.pop(viewer, ()):
                    await self._render_file(f"{RENDER}{name}")
            body = sealed.sealed(body.decode(), answer.headers[CSP], file, self._script)
        self.folder.put(file, body)

    async def assets(self, lab: Lab, which: str, found: list[Asset]) -> None:
        """Files by the address of a run, or of `latest`."""
        for asset in found:
            file = places.asset_file(lab.owner, lab.name, which, asset.path)
            made = asset.run and places.asset_file(lab.owner, lab.name, asset.run, asset.path)
            if self.folder.has(file, asset.sha256, asset.size):
                continue
            if made and made != file and self.folder.files.get(made) == asset.sha256:
                self.folder.link(file, made)
                continue
            # What a run made stays what it is; another file may have come to its place meanwhile.
            with self.folder.draft(file, asset.sha256 if asset.run else None) as out:
                await self.reader.copy(f"assets/{lab.path}/{asset.run or which}/{quote(asset.path)}", out)

    async def each(self, items: Iterable[str], work: Callable[[str], Coroutine[Any, Any, Any]]) -> None:
        """Some at a time; the first that fails ends it."""
        left = iter(items)
        while some := list(islice(left, AT_ONCE)):
            try:
                async with asyncio.TaskGroup() as group:
                    for item in some:
                        group.create_task(work(item))
            except ExceptionGroup as failed:
                raise failed.exceptions[0] from None

    async def _render_file(self, address: str) -> None:
        if not address.endswith(".css"):
            await self.need(address, address)
            return
        style = (await self.reader.body(address))[0].decode()
        found = {name: (await self.reader.body(f"{RENDER}{name}"))[0] for name in sealed.fonts(style)}
        self.folder.put(address, sealed.with_fonts(style, found))
        self._seen.add(address)

    async def _try(self, work: Awaitable[T]) -> T | None:
        """What may have gone meanwhile, or was never there."""
        try:
            return await work
        except NotFound:
            return None
