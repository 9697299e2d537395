"""Brings the files of a version together: sent with a request, uploaded before, fetched, unpacked."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from functools import partial
from pathlib import PurePosixPath
from typing import Any, ParamSpec, TypeVar
from urllib.parse import unquote, urlsplit

import msgspec
from traitlets import Float
from traitlets.config import LoggingConfigurable

from mlabs_ext import errors, wire
from mlabs_ext.errors import BadInput, MLabsError, TooLarge, Unusable
from mlabs_ext.service.blobs import Blobs
from mlabs_ext.service.dataset_archive import suffix_of
from mlabs_ext.service.dataset_budget import Budget, size_of
from mlabs_ext.service.dataset_files import Kept
from mlabs_ext.service.dataset_unpack_worker import Answer, Task
from mlabs_ext.service.datasets import Datasets
from mlabs_ext.service.errand import answered
from mlabs_ext.service.outbound import Outbound
from mlabs_ext.service.render_pool import environment
from mlabs_ext.service.staging import Folder, Staged
from mlabs_ext.service.uploads import Uploads, upload_absent
from mlabs_ext.service.viewers import Viewer

P = ParamSpec("P")
T = TypeVar("T")
AT_ONCE = 2
KINDS: dict[int, type[MLabsError]] = {
    kind.status: kind for kind in (errors.BadInput, errors.TooLarge, errors.Unusable)
}


class Bringing(LoggingConfigurable):
    """Brings them; what it puts to disk is in a folder that its caller takes away."""

    unpack_timeout = Float(
        600.0,
        help="""Seconds that unpacking one archive may take.

        Default: 600. Example:

            c.Bringing.unpack_timeout = 3600
        """,
    ).tag(config=True)

    fetch_timeout = Float(
        600.0,
        help="""Seconds that fetching the file of a dataset from an address may take.

        Default: 600. Example:

            c.Bringing.fetch_timeout = 3600
        """,
    ).tag(config=True)

    def __init__(
        self, datasets: Datasets, uploads: Uploads, outbound: Outbound, pool: Executor, **kwargs: Any
    ):
        super().__init__(**kwargs)
        self.datasets, self.uploads, self.outbound, self.pool = datasets, uploads, outbound, pool
        self._free = asyncio.Semaphore(AT_ONCE)

    @property
    def blobs(self) -> Blobs:
        """Where files are kept."""
        return self.datasets.blobs

    async def bring(
        self, viewer: Viewer, sources: wire.DataSources, folder: Folder, came: Sequence[Staged] = ()
    ) -> list[Kept]:
        """Keep all that is wanted as blobs; raises what is wrong with it."""
        uploads = await self._run(self.uploads.complete, viewer, sources.uploads) if sources.uploads else []
        room = await self._run(self.datasets.room, viewer)
        fetched = []
        if sources.url:
            left = room - await self._run(size_of, came)
            fetched.append(await self._fetched(sources.url, max(0, left), folder))
        files = [*came, *uploads, *fetched]
        if sources.unpack:
            budget = await self._run(Budget, room, self.datasets.max_files, [*came, *fetched], uploads)
            files = await self._unpacked(files, budget, folder)
        if len(files) > self.datasets.max_files:
            raise self._too_many()
        return [await self._run(self._kept, file) for file in files]

    def _too_many(self) -> TooLarge:
        return TooLarge(f"A version has at most {self.datasets.max_files} files.", "too_many_files")

    def _kept(self, staged: Staged) -> Kept:
        try:
            size = staged.file.stat().st_size
            return Kept(staged.path, self.blobs.put_file(staged.file), size)
        except FileNotFoundError as error:
            if staged.file.exists():
                raise
            # What comes with a request stays until its end.
            raise upload_absent() from error

    async def _fetched(self, url: str, room: int, folder: Folder) -> Staged:
        """What is at an address, and the name that it has there."""
        path = folder.new()
        with path.open("xb") as file:

            async def keep(piece: bytes) -> None:
                await self._run(file.write, piece)

            found = await self.outbound.get(url, room, {}, lambda media: None, keep, self.fetch_timeout)
        if found.status != 200:
            raise BadInput(f"There is no file at {url!r:.100}: it answered {found.status}.", "fetch_failed")
        name = PurePosixPath(unquote(urlsplit(found.url).path)).name
        return Staged(name or "data", path)

    async def _unpacked(self, files: list[Staged], budget: Budget, folder: Folder) -> list[Staged]:
        """The files with those of archives in the place of these."""
        several = sum(bool(suffix_of(file.path)) for file in files) > 1
        whole: list[Staged] = []
        for file in files:
            suffix = suffix_of(file.path)
            if not suffix:
                whole.append(file)
                continue
            parent, _, name = file.path.rpartition("/")
            inside = [parent, name[: -len(suffix)] if several else ""]
            members = await self._members(file, "/".join(filter(None, inside)), budget, folder)
            await self._run(budget.take, members)
            whole += members
        return whole

    async def _members(self, archive: Staged, inside: str, budget: Budget, folder: Folder) -> list[Staged]:
        target = folder.new()
        await self._run(target.mkdir)
        task = Task(str(archive.file), str(target), budget.size, budget.files)
        async with self._free:
            out = await self._asked(msgspec.msgpack.encode(task))
        late = f"{archive.path!r:.100} takes too long to be unpacked."
        failed = Answer(status=Unusable.status, code="archive_failed", message=late)
        answer = msgspec.msgpack.decode(out, type=Answer) if out else failed
        if answer.status:
            raise await self._run(self._refusal, archive, answer, budget)
        return [Staged("/".join(filter(None, (inside, path))), target / name) for path, name in answer.files]

    def _refusal(self, archive: Staged, answer: Answer, budget: Budget) -> MLabsError:
        if not archive.file.exists():
            return upload_absent()
        if answer.code == "too_many_files" and budget.files < self.datasets.max_files:
            # The archive alone may have no more than a version may.
            return self._too_many()
        return KINDS.get(answer.status, Unusable)(answer.message, answer.code)

    async def _asked(self, task: bytes) -> bytes | None:
        command = [sys.executable, "-m", "mlabs_ext.service.dataset_unpack_worker"]
        out = await answered(command, task, self.unpack_timeout, environment())
        if out is None:
            self.log.warning("An archive took longer than %g s to be unpacked", self.unpack_timeout)
        return out

    async def _run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do what waits for the disk in a thread."""
        call = partial(work, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self.pool, call)
