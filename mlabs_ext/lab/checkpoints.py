"""Puts the outputs of the run that a fork goes on from beside its notebook, where nobody writes to them."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from urllib.parse import quote

from mlabs_ext.lab.providing import Providing
from mlabs_ext.wire import Asset, AssetPage, Lab

FOLDER = "checkpoint"
READ_ONLY, READ_ONLY_FOLDER = 0o444, 0o555


class Checkpoints(Providing):
    """Fetches once; what is there stays as it is."""

    what = "the outputs of the original of"

    async def provide(self, lab: Lab) -> None:
        """Return when `checkpoint/` of the lab has all files of the run that the lab was forked from, if any.

        A run that is gone, or that its owner made private since, leaves none.
        """
        folder = self.folder_of(lab) / FOLDER
        if lab.checkpoint is None or folder.exists():
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
