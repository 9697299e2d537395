"""The versions of datasets that this server has fetched: each whole, read-only, and once."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import shutil
from collections import defaultdict
from pathlib import Path
from urllib.parse import quote

from mlabs_ext.lab.checkpoints import finish
from mlabs_ext.lab.client import Client
from mlabs_ext.wire import DatasetFile, DatasetVersion, LabDataset

log = logging.getLogger(__name__)

FOLDER = "data"
STAMPS = "data-stamps"
NOTED = "mlabs-folders"


class DatasetCache:
    """Lies in `.mlabs/data/{owner}/{name}/{version}` of the root; `coming` counts bytes that came so far."""

    def __init__(self, client: Client, root: Path):
        self.client, self.root = client, root
        self.place = root / ".mlabs" / FOLDER
        self.coming: dict[tuple[str, int], int] = {}
        self._locks: dict[Path, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._whole: set[Path] = set()

    def folder(self, use: LabDataset) -> Path:
        """Where a version is, or will be."""
        return self.place / use.dataset / str(use.version)

    def holds(self, folder: Path) -> bool:
        """Whether a folder is one of these."""
        return folder.is_relative_to(self.place)

    async def fetch(self, use: LabDataset) -> None:
        """Have all files of a version, or none of them; what was changed in a cached one is fetched again."""
        folder = self.folder(use)
        async with self._locks[folder]:
            if folder in self._whole and folder.exists():
                return
            if await asyncio.to_thread(self._unchanged, folder):
                self._whole.add(folder)
                return
            owner, _, name = use.dataset.partition("/")
            where = f"datasets/{quote(owner, safe='')}/{name}/versions/{use.version}"
            version = await self.client.get(where, DatasetVersion)
            unfinished = folder.with_name(f".{folder.name}-unfinished")
            await asyncio.to_thread(shutil.rmtree, unfinished, True)
            key = use.dataset, use.version
            self.coming[key] = 0
            try:
                for file in version.items or []:
                    await self._download(key, f"{where}/files/{quote(file.path)}", file, unfinished)
                await asyncio.to_thread(self._keep, unfinished, folder)
            except BaseException:
                # Also where it was stopped: nobody may come back for the rest.
                shutil.rmtree(unfinished, ignore_errors=True)
                raise
            finally:
                del self.coming[key]

    def _unchanged(self, folder: Path) -> bool:
        """Whether it is as it was fetched: no mode keeps out a server that runs as root."""
        try:
            noted = self._stamp_of(folder).read_text()
        except FileNotFoundError:
            return False
        same = folder.is_dir() and noted == stamp(folder)
        if folder.is_dir() and not same:
            log.warning("MLabs: files in %s were changed; the dataset is fetched again", folder)
        return same

    def _stamp_of(self, folder: Path) -> Path:
        return self.root / ".mlabs" / STAMPS / folder.relative_to(self.place)

    def _keep(self, unfinished: Path, folder: Path) -> None:
        if folder.exists():
            writable(folder)
            shutil.rmtree(folder)
        finish(unfinished, folder)
        noted = self._stamp_of(folder)
        noted.parent.mkdir(parents=True, exist_ok=True)
        noted.write_text(stamp(folder))
        self._whole.add(folder)

    async def _download(self, key: tuple[str, int], address: str, file: DatasetFile, folder: Path) -> None:
        target = folder / file.path
        await asyncio.to_thread(target.parent.mkdir, parents=True, exist_ok=True)
        with target.open("wb") as opened:

            def keep(piece: bytes) -> None:
                opened.write(piece)
                self.coming[key] += len(piece)

            await self.client.download(address, keep)
        if target.stat().st_size != file.size:
            raise OSError(f"{file.path} came with {target.stat().st_size} of {file.size} bytes")

    def remember(self, folder: Path) -> None:
        """Links in this folder count as well; those beside the notebooks of labs do anyway."""
        known = self._remembered()
        if folder.parent != self.root and folder not in known:
            self.place.mkdir(parents=True, exist_ok=True)
            lines = [*(str(one.relative_to(self.root)) for one in known), str(folder.relative_to(self.root))]
            (self.place / NOTED).write_text("".join(f"{line}\n" for line in lines))

    def forget(self, datasets: list[str]) -> None:
        """Remove the versions of these that no link here leads to any more."""
        links = list(self.root.glob(f"*/{FOLDER}/*/*"))
        for folder in self._remembered():
            links += folder.glob(f"{FOLDER}/*/*")
        held = {link.readlink() for link in links if link.is_symlink()}
        for dataset in datasets:
            for version in (self.place / dataset).glob("[0-9]*"):
                if version not in held:
                    writable(version)
                    shutil.rmtree(version)
                    self._stamp_of(version).unlink(missing_ok=True)

    def _remembered(self) -> list[Path]:
        try:
            return [self.root / line for line in (self.place / NOTED).read_text().splitlines()]
        except FileNotFoundError:
            return []


def stamp(folder: Path) -> str:
    """A digest of the names, sizes and times of all files in a folder: another one once any was touched."""
    found = ((path.relative_to(folder), path.lstat()) for path in folder.rglob("*") if not path.is_dir())
    lines = sorted(f"{name}\0{at.st_size}\0{at.st_mtime_ns}" for name, at in found)
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def writable(folder: Path) -> None:
    """Let a read-only folder be removed."""
    for path in (folder, *folder.rglob("*")):
        if path.is_dir():
            path.chmod(0o700)
