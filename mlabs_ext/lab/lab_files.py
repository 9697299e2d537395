"""Puts the files that lie beside a lab beside its notebook: an import may have brought them."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from traitlets import Integer

from mlabs_ext import names
from mlabs_ext.lab.client import lab_path
from mlabs_ext.lab.providing import Providing
from mlabs_ext.wire import Asset, AssetPage, Lab

# Of runs, and of the server's own.
NOT_OURS = ("outputs", "checkpoint")


class LabFiles(Providing):
    """Fetches each file once: what its owner removes or changes stays so."""

    what = "the files beside"

    max_size = Integer(
        1 << 30,
        help="""Bytes of files beside a lab that its server fetches when it starts; where there is more, it
        fetches none of them. Default: 1 GiB. Example: `c.LabFiles.max_size = 10 * 1024**3`.""",
    ).tag(config=True)

    async def provide(self, lab: Lab) -> None:
        """Return when all files beside the lab have been put into its folder at some time."""
        listed = await self.client.get(f"{lab_path(lab.owner, lab.name)}/assets", AssetPage)
        ledger = self.root / ".mlabs" / "files" / f"{lab.name}.json"
        known = await asyncio.to_thread(read, ledger)
        new = [asset for asset in listed.items if asset.path not in known and wanted(asset, lab)]
        size = sum(asset.size for asset in new)
        if size > self.max_size:
            self.log.warning(
                "MLabs: the files beside %s/%s have %d bytes: none is fetched", lab.owner, lab.name, size
            )
        elif new:
            await asyncio.to_thread(ledger.parent.mkdir, parents=True, exist_ok=True)
            for asset in new:
                await self._fetch(asset, lab, ledger.with_suffix(".part"))
            await asyncio.to_thread(ledger.write_text, json.dumps(sorted({*known, *(a.path for a in new)})))

    async def _fetch(self, asset: Asset, lab: Lab, part: Path) -> None:
        file = self.folder_of(lab) / asset.path
        if file.exists():
            return
        with part.open("wb") as opened:
            path = f"assets/{quote(lab.owner, safe='')}/{lab.name}/latest/{quote(asset.path)}"
            await self.client.download(path, opened.write, below="")
        await asyncio.to_thread(file.parent.mkdir, parents=True, exist_ok=True)
        await asyncio.to_thread(part.rename, file)


def wanted(asset: Asset, lab: Lab) -> bool:
    """Whether a file was put beside the lab, and has a place that is nothing else's."""
    first, *rest = asset.path.split("/")
    taken = first in NOT_OURS and bool(rest)
    # A lab's notebook is what was published, whatever else has its name.
    notebook = asset.path == Path(names.notebook_path(lab.name)).name
    return asset.run is None and not (taken or notebook or first.startswith(".") or ".." in rest)


def read(ledger: Path) -> set[str]:
    """The paths that were fetched before."""
    with suppress(FileNotFoundError, ValueError):
        return set(json.loads(ledger.read_text()))
    return set()
