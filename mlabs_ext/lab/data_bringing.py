"""Brings datasets beside the notebooks here while the server runs, and knows how far each of them is."""

from __future__ import annotations

import asyncio
from pathlib import Path

from mlabs_ext.errors import MLabsError
from mlabs_ext.lab.datasets import DataFolder
from mlabs_ext.wire import LabDataset, NotebookDataset

# Seconds that an answer waits for what is being fetched: small datasets are there at once.
PATIENCE = 1.5


class DataBringing:
    """One task for each dataset and folder; a wish for another version takes the place of an earlier."""

    def __init__(self, folder: DataFolder):
        self._folder = folder
        self._tasks: dict[tuple[Path, str], asyncio.Task[None]] = {}
        self._failed: dict[tuple[str, int], str] = {}

    @property
    def root(self) -> Path:
        """The server's root."""
        return self._folder.root

    @property
    def mounts(self) -> bool:
        """Whether servers like this one mount datasets when they start."""
        return not self._folder.links and Path(self._folder.mounted).is_dir()

    async def bring(self, beside: Path, use: LabDataset) -> None:
        """Fetch it where it is not here, link it, and wait for that for a moment."""
        await self._stop(beside, use.dataset)
        self._failed.pop((use.dataset, use.version), None)
        key = beside, use.dataset
        task = self._tasks[key] = asyncio.create_task(self._fetch(beside, use))
        task.add_done_callback(lambda done: self._tasks.get(key) is done and self._tasks.pop(key))
        await asyncio.wait({task}, timeout=PATIENCE)

    async def drop(self, beside: Path, dataset: str) -> None:
        """Take the link away, and stop what comes."""
        await self._stop(beside, dataset)
        await self._folder.remove(beside, dataset)

    async def close(self) -> None:
        """Stop all; the next start of the server begins anew what its lab uses."""
        for beside, dataset in list(self._tasks):
            await self._stop(beside, dataset)

    def shown(self, beside: Path, use: LabDataset, newest: int) -> NotebookDataset:
        """A dataset as the notebooks of a folder have it."""
        key = use.dataset, use.version
        shown = NotebookDataset(
            dataset=use.dataset, title=use.title, version=use.version, pinned=use.pinned, newest=newest,
            size=use.size, files=use.files, path=use.path, url=use.url, state="absent",
        )  # fmt: skip
        if self._folder.has(beside, use):
            shown.state = "ready"
        elif (beside, use.dataset) in self._tasks:
            shown.state, shown.done = "coming", self._folder.cache.coming.get(key, 0)
        elif self._is_blocked(beside / use.path):
            shown.state = "blocked"
            shown.message = f"Something else is in its place: move or rename {use.path}, then fetch it."
        elif use.size > self._folder.max_size:
            shown.state, shown.message = "too_large", self._too_large()
        elif key in self._failed:
            shown.state, shown.message = "failed", self._failed[key]
        return shown

    def _is_blocked(self, link: Path) -> bool:
        return (link.exists() or link.is_symlink()) and not self._folder.is_ours(link)

    def _too_large(self) -> str:
        if self.mounts:
            return (
                "It is larger than what a running server fetches. It is mounted when the server starts again."
            )
        return (
            "It is larger than what servers fetch here. Ask the administrator for more "
            "(c.DataFolder.max_size), or use a part of it."
        )

    async def _fetch(self, beside: Path, use: LabDataset) -> None:
        try:
            await self._folder.add(beside, use)
        except MLabsError as error:
            self._failed[(use.dataset, use.version)] = error.message
        except OSError as error:
            self._failed[(use.dataset, use.version)] = f"It could not be kept: {error}."

    async def _stop(self, beside: Path, dataset: str) -> None:
        task = self._tasks.pop((beside, dataset), None)
        if task:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
