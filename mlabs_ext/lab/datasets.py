"""Puts the datasets that a lab uses where its notebook finds them, as `data/<owner>/<name>`, read-only."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from msgspec import Struct
from traitlets import Dict, Integer, Unicode, default

from mlabs_ext.lab.client import lab_path
from mlabs_ext.lab.dataset_cache import FOLDER, DatasetCache
from mlabs_ext.lab.providing import Providing
from mlabs_ext.wire import Lab, LabDataset


class Uses(Struct):
    """The datasets of a lab, as the service lists them."""

    items: list[LabDataset]


class DataFolder(Providing):
    """Fetches each version once; a folder of it that is mounted is taken as it is."""

    what = "the datasets of"

    mounted = Unicode(
        "/data",
        help="""Where datasets are mounted, `<owner>/<name>/` each; those that are not there are fetched.
        Default: /data. Example: `c.DataFolder.mounted = "/mnt/datasets"`.""",
    ).tag(config=True)

    links = Unicode(
        help="""A folder that is this server's alone, for links to what was fetched, `<owner>/<name>` each: so
        notebooks read the same path everywhere. Default: MLABS_DATA_LINKS, which spawners set where they
        mount no datasets; else none. Example: `c.DataFolder.links = "/data"`.""",
    ).tag(config=True)

    max_size = Integer(
        20 << 30,
        help="""Bytes of the datasets of one lab that its server fetches when it starts; larger ones are left
        out. Default: 20 GiB. Example: `c.DataFolder.max_size = 100 * 1024**3`.""",
    ).tag(config=True)

    mounted_versions = Dict(help="Which version of each dataset was mounted when the server started.")

    @default("links")
    def _links(self) -> str:
        return os.environ.get("MLABS_DATA_LINKS", "")

    @cached_property
    def cache(self) -> DatasetCache:
        """What was fetched."""
        return DatasetCache(self.client, self.root)

    async def provide(self, lab: Lab) -> None:
        """Return when all that the lab uses is there, and nothing that it does not use any more."""
        uses = (await self.client.get(f"{lab_path(lab.owner, lab.name)}/data", Uses)).items
        links = await self._sources(uses)
        await asyncio.to_thread(self._link, self.folder_of(lab) / FOLDER, links)
        if self.links:
            fetched = {name: folder for name, folder in links.items() if self.cache.holds(folder)}
            await asyncio.to_thread(self._link, Path(self.links), fetched)
        await asyncio.to_thread(self.cache.forget, [use.dataset for use in uses])

    async def add(self, folder: Path, use: LabDataset) -> None:
        """Have one more dataset, or another version of it, beside the notebooks of a folder."""
        links = await self._sources([use])
        await asyncio.to_thread(self.cache.remember, folder)
        await asyncio.to_thread(self._link, folder / FOLDER, links, False)
        if self.links:
            fetched = {name: place for name, place in links.items() if self.cache.holds(place)}
            await asyncio.to_thread(self._link, Path(self.links), fetched, False)
        await asyncio.to_thread(self.cache.forget, [use.dataset])

    async def remove(self, folder: Path, dataset: str) -> None:
        """Take the link to a dataset away; what somebody put in its place stays."""
        link = folder / FOLDER / dataset
        if self.is_ours(link):
            await asyncio.to_thread(link.unlink)
        await asyncio.to_thread(self.cache.forget, [dataset])

    def is_ours(self, link: Path) -> bool:
        """Whether this is a link of ours."""
        ours = self.cache.place, Path(self.mounted)
        return link.is_symlink() and any(link.readlink().is_relative_to(place) for place in ours)

    def has(self, folder: Path, use: LabDataset) -> bool:
        """Whether the notebooks of a folder find a dataset, in the version that is meant."""
        link = folder / FOLDER / use.dataset
        return link.is_symlink() and link.is_dir() and link.readlink() == self._source(use)

    async def _sources(self, uses: list[LabDataset]) -> dict[Path, Path]:
        """The folder that each link is to lead to; what has to be fetched for that is."""
        left, found = self.max_size, {}
        for use in uses:
            owner, _, name = use.dataset.partition("/")
            if owner in (".", "..") or not name:
                continue
            folder = self._source(use)
            if self.cache.holds(folder):
                if use.size > left:
                    self.log.warning("MLabs: the dataset %s is too large to be fetched", use.dataset)
                    continue
                left -= use.size
                await self.cache.fetch(use)
            found[Path(owner, name)] = folder
        return found

    def _source(self, use: LabDataset) -> Path:
        """What is mounted, where it is that version: a mount stays as it was when the server started."""
        mounted = Path(self.mounted, use.dataset)
        fetched = mounted.is_symlink() and self.cache.holds(mounted.readlink())
        if fetched or not mounted.is_dir():
            return self.cache.folder(use)
        fits = self.mounted_versions.setdefault(use.dataset, use.version) == use.version
        return mounted if fits else self.cache.folder(use)

    def _link(self, folder: Path, links: dict[Path, Path], alone: bool = True) -> None:
        """Have these links in a folder, `alone` or beside others; what somebody put in their place stays."""
        for link in folder.glob("*/*"):
            name = link.relative_to(folder)
            meant = alone or name in links
            if meant and self.is_ours(link) and links.get(name) != link.readlink():
                link.unlink()
        for name, target in links.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileExistsError):
                (folder / name).symlink_to(target)
