"""Brings notebooks here from where they are, and has them looked at, without keeping anybody else waiting."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, ParamSpec, TypeVar

import msgspec
from traitlets.config import LoggingConfigurable

from mlabs_ext import wire
from mlabs_ext.errors import TooMany, Unusable
from mlabs_ext.service.import_addresses import Source, file_name, fragment_of, lab_of, source_of
from mlabs_ext.service.import_kinds import NOTEBOOK, SCRIPTS, suffix_of
from mlabs_ext.service.imports import Imports, Taken
from mlabs_ext.service.outbound import Outbound
from mlabs_ext.service.rules import need_write
from mlabs_ext.service.seals import Seals
from mlabs_ext.service.unpacker import Unpacker
from mlabs_ext.service.unpacking import Task
from mlabs_ext.service.viewers import Viewer

P = ParamSpec("P")
T = TypeVar("T")
# Of one person's at a time, in each process.
EACH = 2
# GitHub says what is in a gist with the contents of its files, as far as they are small.
MAX_LISTING = 20 << 20
NO_NOTEBOOK = ("text/html", "application/xhtml+xml", "application/pdf")
NO_NOTEBOOKS = ("image/", "video/", "audio/", "font/")


class GistFile(msgspec.Struct):
    """A file of a gist, as GitHub's API has it."""

    raw_url: str


class Gist(msgspec.Struct):
    """A gist, as GitHub's API has it."""

    files: dict[str, GistFile]


class Importer:
    """The rules about imports, and what has to be waited for before them."""

    def __init__(
        self,
        parent: LoggingConfigurable,
        shared: dict[str, Any],
        outbound: Outbound,
        secret: bytes,
        pool: Executor,
        limit: int,
    ):
        self.rules = Imports(parent=parent, seals=Seals(secret), **shared)
        self.unpacker = Unpacker(parent=parent)
        self.outbound, self.pool, self.limit = outbound, pool, limit
        self._busy: Counter[str] = Counter()

    async def by_url(self, viewer: Viewer, text: str, choice: str = "") -> wire.Import:
        """What would become of the notebook that a pasted address leads to; `choice` is one of several."""
        source = source_of(text)
        async with self._turn(viewer):
            found = await self._fetched(source, choice)
            if isinstance(found, wire.Import):
                return found
            return await self._look(viewer, found, choice)

    async def by_token(self, viewer: Viewer, token: str, choice: str = "") -> wire.Import:
        """The same for a file that is kept."""
        async with self._turn(viewer):
            return await self._look(viewer, await self._run(self.rules.kept, viewer, token), choice)

    def lab_here(self, text: str, base: str) -> tuple[str, str] | None:
        """Owner and name of the lab that a pasted address leads to, if that is a lab of this very MLabs."""
        return lab_of(source_of(text).shown, base)

    async def _look(self, viewer: Viewer, taken: Taken, choice: str) -> wire.Import:
        found = await self.unpacker.unpack(Task(taken.name, taken.data, choice, self.limit))
        return await self._run(self.rules.look, viewer, taken, found)

    async def _fetched(self, source: Source, choice: str) -> Taken | wire.Import:
        if not source.gist:
            return await self._file(source.url, source.shown, self.limit)
        listing = await self._file(source.url, source.shown, MAX_LISTING)
        files = _files(listing.data)
        names = _notebooks(files, source.file)
        if choice not in names and len(names) > 1:
            return wire.Import(None, source.shown, "", names)
        wanted = choice if choice in names else names[0]
        file = await self._file(files[wanted].raw_url, source.shown, self.limit)
        return file._replace(name=wanted)

    async def _file(self, url: str, shown: str, limit: int) -> Taken:
        found = await self.outbound.get(url, limit, {"Accept": "*/*"}, _wanted)
        if found.status != 200:
            raise Unusable(_why(found.status), "import_not_there", {"status": found.status})
        return Taken(file_name(found.url) or file_name(url), shown, found.body)

    @asynccontextmanager
    async def _turn(self, viewer: Viewer) -> AsyncIterator[None]:
        """Let nobody keep the service busy with imports."""
        name = need_write(viewer)
        if self._busy[name] >= EACH:
            raise TooMany(
                f"{EACH} imports of yours are under way: wait for one of them.",
                "too_many_imports",
                {"retry_after": 5},
            )
        self._busy[name] += 1
        try:
            yield
        finally:
            self._busy[name] -= 1
            self._busy += Counter()

    async def _run(self, rule: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        call = partial(rule, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self.pool, call)


def _wanted(media: str) -> None:
    """Raise for what can be no notebook, before it is read."""
    if media in NO_NOTEBOOK:
        raise Unusable(
            "A web page is at this address, and not the notebook itself. Look there for a link to the file, "
            "often called Raw or Download, and copy its address.",
            "import_no_notebook",
        )
    if media.startswith(NO_NOTEBOOKS):
        raise Unusable(f"What is at this address is no notebook, but {media:.60}.", "import_no_notebook")


def _why(status: int) -> str:
    if status in (404, 410):
        return (
            "There is nothing at this address, or it is private. Check the address; "
            "of what is private, download the file and upload it here."
        )
    if status in (401, 403, 429):
        return f"It is not given to MLabs there (status {status}): download the file, and upload it here."
    return f"The server there answers with status {status}; try again in a minute."


def _files(listing: bytes) -> dict[str, GistFile]:
    try:
        return msgspec.json.decode(listing, type=Gist).files
    except msgspec.MsgspecError as error:
        raise Unusable(
            "GitHub does not say what is in this gist; try again in a minute.", "import_gist"
        ) from error


def _notebooks(files: dict[str, GistFile], fragment: str) -> list[str]:
    """The names of what can be imported of a gist: the file that is meant, else notebooks, else scripts."""
    meant = [name for name in files if fragment and fragment_of(name) == fragment]
    notebooks = [name for name in files if suffix_of(name) == NOTEBOOK]
    scripts = [name for name in files if suffix_of(name) in SCRIPTS]
    found = meant or notebooks or scripts
    if not found:
        raise Unusable("There is no notebook in this gist, and no script.", "import_gist")
    return sorted(found)
