"""Serves rendered notebooks, each behind a wall of headers, and the files that they load."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar
from urllib.parse import urlsplit

from tornado.web import StaticFileHandler

from mlabs_ext.errors import NotFound
from mlabs_ext.notebook import sha256
from mlabs_ext.service.documents import Document
from mlabs_ext.service.render import STATIC
from mlabs_ext.service.render_headers import headers
from mlabs_ext.service.rendering import document
from mlabs_ext.service.rendering.document import THEMES, Choice
from mlabs_ext.service.viewers import Viewer
from mlabs_ext.service.web.base import YEAR, BaseHandler
from mlabs_ext.service.web.failures import Failure
from mlabs_ext.service.web.kept import KeepingHandler
from mlabs_ext.service.web.requested import version_number

P = ParamSpec("P")
T = TypeVar("T")


class RenderedHandler(BaseHandler):
    """What documents share: headers, the choice of cells, compression, and errors that look like them."""

    @property
    def keeps(self) -> bool:
        """Whether the answer is kept for others, see `KeepingHandler`."""
        return False

    def set_default_headers(self) -> None:
        """Wall every answer in, errors as well."""
        super().set_default_headers()
        self.wall()

    def wall(self, here: str = "") -> None:
        """Set the headers, for a document that readers may run with what is at `here`."""
        here_now = f"{self.request.protocol}://{self.request.host}{self.app.base_url}"
        # Documents find their style by a relative address, so by the domain that they were asked for from.
        second = urlsplit(self.app.render_url).netloc == self.request.host
        base = self.app.render_url if second else here_now
        for name, value in headers(base, here).items():
            self.set_header(name, value)

    def choice(self) -> Choice:
        """The choice that the address makes."""
        query = self.get_query_argument
        shown = query("cells", None), query("show", "all"), query("theme", "auto")
        here = self.app.pyodide_url if query("here", "") == "1" else ""
        return Choice(*shown, query("heavy", "all"), query("full", None), here)

    async def public_first(
        self, rule: Callable[Concatenate[Viewer, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> tuple[T, bool]:
        """Ask as anybody could, then as the viewer; and whether anybody may have it.

        What is the same for everybody may be cached, even where the browser sent a cookie.
        """
        try:
            return await self.run(rule, Viewer.anonymous(), *args, **kwargs), True
        except NotFound:
            if self.viewer == Viewer.anonymous():
                raise
            return await self.run(rule, self.viewer, *args, **kwargs), False

    async def send(self, shown: Document, choice: Choice, cache: str, download: str) -> None:
        """Send a document; the default one as it lies in memory, others cut from the stored parts."""
        if choice.here:
            self.wall(choice.here)
        self.set_header("Cache-Control", cache)
        if cache.startswith("public"):
            self.set_header("Vary", "Accept-Encoding")
        self.etag = shown.etag_of(choice)
        if self.check_etag_header() and not self.keeps:
            self.set_header("Etag", self.etag)
            self.set_status(304)
            self.finish()
        elif shown.complete and (page := shown.ready(choice)):
            self._write_packed(page)
        else:
            self.costs()
            self._write_packed(gzip.compress(await self.run(shown.html_of, choice, download), 5, mtime=0))

    def check_etag_header(self) -> bool:
        """Compare with the known ETag; the body need not be made for it."""
        known = self.request.headers.get("If-None-Match", "")
        return self.etag is not None and self.etag in [
            tag.strip().removeprefix("W/") for tag in known.split(",")
        ]

    def _write_packed(self, page: bytes) -> None:
        if "gzip" in self.request.headers.get("Accept-Encoding", ""):
            self.set_header("Content-Encoding", "gzip")
        else:
            page = gzip.decompress(page)
        self.finish(page)

    def write_failure(self, failure: Failure) -> None:
        """Show the error as a document; JSON where the asker takes nothing else."""
        self.clear_header("Content-Encoding")
        if "application/json" in self.request.headers.get("Accept", ""):
            return super().write_failure(failure)
        theme = self.get_query_argument("theme", "auto")
        page = document.failure(
            f"{failure.status} · {failure.code.replace('_', ' ')}",
            failure.message,
            self.app.renderer.assets,
            theme if theme in THEMES else "auto",
        )
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(page)


class VersionDocument(KeepingHandler, RenderedHandler):
    """One version of a lab."""

    # `public_first` sees to it.
    is_for_all = True

    async def get(self, owner: str, name: str, number: str) -> None:
        """Show it; `r`, the renderer's version, makes the address one that never changes its content."""
        choice, versions = self.choice(), self.app.versions
        wanted = version_number(number)
        version, public = await self.public_first(versions.get, owner, name, wanted)
        digest = version.notebook_sha256
        shown = self.app.renderer.cached(digest)
        if shown is None:
            self.costs()
            notebook, digest = await self.run(versions.notebook, self.viewer, owner, name, version.number)
            shown = await self.app.renderer.document(notebook, digest)
        forever = number != "latest" and self.get_query_argument("r", "") == self.app.renderer.version
        download = f"{self.app.base_url}api/v1/labs/{owner}/{name}/versions/{version.number}/notebook"
        if public and shown.complete:
            self.keep()
        await self.send(shown, choice, _cache(public, forever and shown.complete), download)


class RunDocument(RenderedHandler):
    """The executed notebook of a run."""

    async def get(self, owner: str, name: str, run: str) -> None:
        """Show it as far as it got."""
        choice, runs = self.choice(), self.app.runs
        found, public = await self.public_first(runs.get, run)
        if found.lab != f"{owner}/{name}":
            raise NotFound("There is no such run of this lab.", "run_not_found")
        self.costs()
        notebook = await self.run(runs.notebook, self.viewer, run)
        shown = await self.app.renderer.document(notebook, await self.run(sha256, notebook))
        download = f"{self.app.base_url}api/v1/runs/{run}/notebook"
        cache = _cache(public, False) if found.ended else "private, no-cache" if not public else "no-cache"
        await self.send(shown, choice, cache, download)


class LiveDocument(RenderedHandler):
    """What shows a run while it goes on: the same for all of them, and nothing in it."""

    reads_cookies = False

    async def get(self, *place: str) -> None:
        """Send it."""
        self.set_header("Cache-Control", "public, max-age=60")
        self.finish(document.live(self.app.renderer.assets, self.choice().theme))


class TrialDocument(RenderedHandler):
    """What tries a model: the same for all of them, and nothing in it."""

    reads_cookies = False

    async def get(self) -> None:
        """Send it."""
        self.set_header("Cache-Control", "public, max-age=60")
        self.finish(document.trial(self.app.renderer.assets, self.choice().theme))


class ImportDocument(RenderedHandler):
    """A notebook that would be imported: who has its address was given it for a day."""

    reads_cookies = False

    async def get(self, token: str) -> None:
        """Show it."""
        notebook, digest = await self.run(self.app.importer.rules.document, token)
        shown = await self.app.renderer.document(notebook, digest)
        await self.send(shown, self.choice(), "private, no-store", "")


class RenderStatic(StaticFileHandler):
    """Style sheet, script and viewers of rendered documents: their names carry a hash of their content."""

    def set_default_headers(self) -> None:
        """Let sandboxed documents, which have no origin, load them."""
        self.clear_header("Server")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Access-Control-Allow-Origin", "*")
        self.set_header("Cross-Origin-Resource-Policy", "cross-origin")

    def set_extra_headers(self, path: str) -> None:
        """Let them be kept forever."""
        self.set_header("Cache-Control", f"public, max-age={YEAR}, immutable")


def _cache(public: bool, forever: bool) -> str:
    if not public:
        return "private, no-store"
    return f"public, max-age={YEAR}, immutable" if forever else "public, max-age=60"


LAB = r"@([^/]+)/([a-z0-9-]+)"
ROUTES = [
    (rf"render/{LAB}/v/([1-9]\d{{0,8}}|latest)", VersionDocument),
    (rf"render/{LAB}/runs/([0-9A-Za-z]+)", RunDocument),
    (rf"render/{LAB}/live/([0-9A-Za-z]+)", LiveDocument),
    # As deep as the others: they find their style by a relative address.
    (r"render/imports/of/notebook/([\w.-]+)", ImportDocument),
    (r"render/models/of/all/trial", TrialDocument),
    (r"static/render/(.*)", RenderStatic, {"path": str(STATIC / "render")}),
]
