"""Has files of datasets looked at by a process of its own, once for each content, and keeps what it says."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import sys
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from traitlets import Float, Integer, Unicode
from traitlets.config import LoggingConfigurable

from mlabs_ext import wire
from mlabs_ext.service.blobs import Blobs
from mlabs_ext.service.cache_folder import CacheFolder, used
from mlabs_ext.service.errand import answered
from mlabs_ext.service.folders import make_folder
from mlabs_ext.service.preview_worker import Task
from mlabs_ext.service.render_pool import environment
from mlabs_ext.service.staging import Staging

AT_ONCE = 2
# Changes whenever the same file would be told of in another way.
VERSION = "1"
SLOW = wire.PreviewProblem("complex", "This file takes too long to be looked at.")


class Previews(LoggingConfigurable):
    """Previews of files, as the wire shape of that name."""

    directory = Unicode(
        "previews",
        help="""The folder for what was said of files; it may be removed at any time.

        Default: `previews` in the data directory. Example:

            c.Previews.directory = "/var/cache/mlabs/previews"
        """,
    ).tag(config=True)

    room = Integer(
        1 << 30,
        help="""Bytes of them that are kept in the folder; those that were read longest ago go first.

        Default: 1 GiB. Example:

            c.Previews.room = 5 * 1024**3
        """,
    ).tag(config=True)

    timeout = Float(
        30.0,
        help="""Seconds that looking into a file of a dataset may take.

        Default: 30. Example:

            c.Previews.timeout = 60
        """,
    ).tag(config=True)

    def __init__(self, blobs: Blobs, staging: Staging, pool: Executor, **kwargs: Any):
        super().__init__(**kwargs)
        self.blobs, self.staging, self.pool = blobs, staging, pool
        self._free = asyncio.Semaphore(AT_ONCE)
        self.folder = CacheFolder(Path(self.directory), self.room)

    async def of(self, path: str, digest: str) -> wire.Preview:
        """What is in a blob that has this path in its dataset."""
        kept = self._place(path, digest)
        run = partial(asyncio.get_running_loop().run_in_executor, self.pool)
        data = await run(_read, kept)
        if data is None:
            async with self._free:
                data = await run(_read, kept) or await self._asked(path, digest)
            if data is None:
                return wire.Preview(path, "other", [SLOW])
            await run(_keep, kept, data)
        shape = msgspec.json.decode(data, type=wire.Preview)
        shape.path = path
        return shape

    def _place(self, path: str, digest: str) -> Path:
        """The ending of a path decides how its content is looked at."""
        ending = hashlib.sha256(Path(path).suffix.lower().encode()).hexdigest()[:8]
        name = digest.removeprefix("sha256:")
        return Path(self.directory, name[:2], f"{name[2:]}-{ending}-{VERSION}.json")

    async def _asked(self, path: str, digest: str) -> bytes | None:
        run = partial(asyncio.get_running_loop().run_in_executor, self.pool)
        with contextlib.ExitStack() as stack:
            file = await run(stack.enter_context, self._file(digest))
            return await self._told(msgspec.json.encode(Task(str(file), path)))

    @contextmanager
    def _file(self, digest: str) -> Iterator[Path]:
        """The blob as a file of this machine, for as long as it is looked at."""
        local = self.blobs.local_path(digest)
        if local is not None:
            yield local
            return
        with self.staging.folder() as folder:
            copy = folder.new()
            with copy.open("xb") as file:
                for piece in self.blobs.read(digest):
                    file.write(piece)
            yield copy

    async def _told(self, task: bytes) -> bytes | None:
        command = [sys.executable, "-m", "mlabs_ext.service.preview_worker"]
        out = await answered(command, task, self.timeout, environment())
        if out is None:
            self.log.warning("A file took longer than %g s to be looked at", self.timeout)
        return out or None


def _read(file: Path) -> bytes | None:
    try:
        read = file.read_bytes()
        used(file)
        return read
    except FileNotFoundError:
        return None


def _keep(file: Path, data: bytes) -> None:
    make_folder(file.parent)
    part = file.with_suffix(f".{os.getpid()}-{id(data)}")
    part.write_bytes(data)
    part.rename(file)
