"""Puts the outputs of the run that a fork goes on from beside its notebook, where nobody writes to them."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import quote

from traitlets import Instance
from traitlets.config import LoggingConfigurable

from mlabs_ext import names
from mlabs_ext.errors import MLabsError, Unavailable
from mlabs_ext.lab.client import Client, lab_path
from mlabs_ext.wire import Asset, AssetPage, Lab

FOLDER = "checkpoint"
PAUSE = 10.0
READ_ONLY, READ_ONLY_FOLDER = 0o444, 0o555


class Checkpoints(LoggingConfigurable):
    """Fetches once; what is there stays as it is."""

    client = Instance(Client)
    root = Instance(Path)

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self._lock = asyncio.Lock()

    async def keep_trying(self, reference: str) -> None:
        """Provide what a lab was forked with, as soon as the service answers."""
        while reference and not await self.attempt(reference):
            await asyncio.sleep(PAUSE)

    async def attempt(self, reference: str) -> bool:
        """Provide it; False where that may succeed later. A lab without it works all the same."""
        try:
            await self.provide(await self.client.get(lab_path(*names.split_lab(reference)), Lab))
        except (Unavailable, OSError) as error:
            self.log.info("MLabs: the outputs that %s was forked with wait: %s", reference, error)
            return False
        except MLabsError as error:
            self.log.warning("MLabs: no outputs for %s: %s", reference, error.message)
        return True

    async def provide(self, lab: Lab) -> None:
        """Return when `checkpoint/` of the lab has all files of the run that the lab was forked from, if any.

        A run that is gone, or that its owner made private since, leaves none.
        """
        if lab.checkpoint is None:
            return
        folder = self.root / Path(names.notebook_path(lab.name)).parent / FOLDER
        async with self._lock:
            if folder.exists():
                return
            files = await self.client.get(f"runs/{lab.checkpoint}/outputs", AssetPage)
            unfinished = folder.with_name(f".{FOLDER}-unfinished")
            await asyncio.to_thread(shutil.rmtree, unfinished, True)
            for asset in files.items:
                await self._fetch(asset, lab.checkpoint, unfinished)
            await asyncio.to_thread(finish, unfinished, folder)

    async def _fetch(self, asset: Asset, run: str, folder: Path) -> None:
        file = folder / asset.path
        await asyncio.to_thread(file.parent.mkdir, parents=True, exist_ok=True)
        with file.open("wb") as opened:
            await self.client.download(f"runs/{run}/outputs/{quote(asset.path)}", opened.write)


def finish(unfinished: Path, folder: Path) -> None:
    """Take all rights to write away, and give the folder its name."""
    unfinished.mkdir(parents=True, exist_ok=True)
    for path in sorted(unfinished.rglob("*"), reverse=True):
        path.chmod(READ_ONLY_FOLDER if path.is_dir() else READ_ONLY)
    unfinished.rename(folder)
    folder.chmod(READ_ONLY_FOLDER)
