"""Puts the datasets that a lab uses where its notebook finds them, as `data/<owner>/<name>`, read-only."""

from __future__ import annotations

import asyncio
import os
import shutil
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from msgspec import Struct
from traitlets import Integer, Unicode, default

from mlabs_ext.lab.checkpoints import finish
from mlabs_ext.lab.client import lab_path
from mlabs_ext.lab.providing import Providing
from mlabs_ext.wire import DatasetFile, DatasetVersion, Lab, LabDataset

FOLDER = "data"


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

    @default("links")
    def _links(self) -> str:
        return os.environ.get("MLABS_DATA_LINKS", "")

    async def provide(self, lab: Lab) -> None:
        """Return when all that the lab uses is there, and nothing that it does not use any more."""
        uses = (await self.client.get(f"{lab_path(lab.owner, lab.name)}/data", Uses)).items
        left, links = self.max_size, {}
        for use in uses:
            owner, _, name = use.dataset.partition("/")
            if owner in (".", "..") or not name:
                continue
            folder = Path(self.mounted, owner, name)
            if self._is_ours(folder) or not folder.is_dir():
                folder, left = self._cached(use), left - use.size
                if left < 0:
                    self.log.warning("MLabs: the dataset %s is too large to be fetched", use.dataset)
                    continue
                await self._fetch(use, folder)
            links[Path(owner, name)] = folder
        await asyncio.to_thread(self._link, self.folder_of(lab) / FOLDER, links)
        if self.links:
            fetched = {name: folder for name, folder in links.items() if self._is_cached(folder)}
            await asyncio.to_thread(self._link, Path(self.links), fetched)
        await asyncio.to_thread(self._forget, [use.dataset for use in uses])

    @property
    def _cache(self) -> Path:
        return self.root / ".mlabs" / FOLDER

    def _cached(self, use: LabDataset) -> Path:
        return self._cache / use.dataset / str(use.version)

    def _is_cached(self, folder: Path) -> bool:
        return folder.is_relative_to(self._cache)

    def _is_ours(self, link: Path) -> bool:
        """Whether this is a link of ours to something that was fetched, and nothing that is mounted."""
        return link.is_symlink() and self._is_cached(link.readlink())

    async def _fetch(self, use: LabDataset, folder: Path) -> None:
        """Have all files of a version in a folder, or none of them."""
        if folder.exists():
            return
        owner, _, name = use.dataset.partition("/")
        where = f"datasets/{quote(owner, safe='')}/{name}/versions/{use.version}"
        version = await self.client.get(where, DatasetVersion)
        unfinished = folder.with_name(f".{folder.name}-unfinished")
        await asyncio.to_thread(shutil.rmtree, unfinished, True)
        for file in version.items or []:
            await self._download(f"{where}/files/{quote(file.path)}", file, unfinished / file.path)
        await asyncio.to_thread(finish, unfinished, folder)

    async def _download(self, address: str, file: DatasetFile, target: Path) -> None:
        await asyncio.to_thread(target.parent.mkdir, parents=True, exist_ok=True)
        with target.open("wb") as opened:
            await self.client.download(address, opened.write)
        if target.stat().st_size != file.size:
            raise OSError(f"{file.path} came with {target.stat().st_size} of {file.size} bytes")

    def _link(self, folder: Path, links: dict[Path, Path]) -> None:
        """Have these links in the lab's folder; what somebody put in a link's place stays."""
        ours = self._cache, Path(self.mounted)
        for link in folder.glob("*/*"):
            stale = link.is_symlink() and any(link.readlink().is_relative_to(place) for place in ours)
            if stale and links.get(link.relative_to(folder)) != link.readlink():
                link.unlink()
        for name, target in links.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileExistsError):
                (folder / name).symlink_to(target)

    def _forget(self, datasets: list[str]) -> None:
        """Remove versions that were fetched and that no lab's folder here leads to any more."""
        held = {link.readlink() for link in self.root.glob(f"*/{FOLDER}/*/*") if link.is_symlink()}
        for dataset in datasets:
            for version in (self._cache / dataset).glob("[0-9]*"):
                if version not in held:
                    writable(version)
                    shutil.rmtree(version)


def writable(folder: Path) -> None:
    """Let a read-only folder be removed."""
    for path in (folder, *folder.rglob("*")):
        if path.is_dir():
            path.chmod(0o700)
