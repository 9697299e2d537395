"""Which datasets a notebook uses, and how it comes to have them: in lab, metadata and on disk."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from mlabs_ext.errors import MLabsError, NotFound, Unusable
from mlabs_ext.lab.client import Client, lab_path
from mlabs_ext.lab.data_bringing import DataBringing
from mlabs_ext.lab.data_making import DataMaking
from mlabs_ext.lab.datasets import Uses
from mlabs_ext.lab.labs import Labs
from mlabs_ext.lab.notebooks import Notebooks
from mlabs_ext.names import split_dataset
from mlabs_ext.wire import DataAttach, Dataset, DatasetVersion, DataWish, Lab, LabDataset, NotebookData
from mlabs_ext.wire import NotebookDataset as Shown

# Questions to the service at a time.
TOGETHER = 8


class NotebookDatasets:
    """The rules about them. A lab's own list comes first; the notebook's line goes along with it."""

    def __init__(
        self,
        client: Client,
        notebooks: Notebooks,
        labs: Labs,
        bringing: DataBringing,
        making: DataMaking,
        base: str,
    ):
        self._client = client
        self._notebooks = notebooks
        self._labs = labs
        self._bringing = bringing
        self._making = making
        self._root, self._base = bringing.root, base
        self._few = asyncio.Semaphore(TOGETHER)

    async def look(self, path: str) -> NotebookData:
        """What the saved notebook uses. NotFound where there is no notebook."""
        await self._notebooks.need(path)
        lab = await self._lab(path)
        uses, named = await self._used(lab), await self._named(path)
        items = list(await asyncio.gather(*(self._newest(path, use) for use in uses)))
        known = {use.dataset for use in uses}
        alone = [(dataset, pin) for dataset, pin in named.items() if dataset not in known]
        items += await asyncio.gather(*(self._resolved(path, *each) for each in alone))
        return NotebookData(
            lab=f"{lab.owner}/{lab.name}" if lab else None,
            items=items,
            making=self._making.of(path),
            metadata={"data": [reference(item.dataset, item.pinned) for item in items]},
            restart_url=self._restart_url(lab),
        )

    async def attach(self, path: str, wish: DataWish) -> NotebookData:
        """Have a notebook use a dataset: its lab says so from now on, and the files come.

        NotFound where the dataset, or that version, is not there for this person.
        """
        await self._notebooks.need(path)
        owner, name, _ = split_dataset(wish.dataset)
        dataset, lab = f"{owner}/{name}", await self._lab(path)
        if lab is None:
            use = await self._one(dataset, wish.version)
        else:
            where = lab_path(lab.owner, lab.name, "data", owner, name)
            use = await self._client.send("PUT", where, DataAttach(wish.version), LabDataset)
        await self._bringing.bring(self._beside(path), use)
        return await self._changed(path, wish.write_metadata, use.dataset, wish.version)

    async def detach(self, path: str, dataset: str, write: bool = False) -> NotebookData:
        """Have a notebook use a dataset no more. NotFound `dataset_not_attached` where it does not."""
        await self._notebooks.need(path)
        owner, name, _ = split_dataset(dataset)
        dataset, lab = f"{owner}/{name}", await self._lab(path)
        there = dataset in await self._named(path)
        try:
            if lab is None:
                raise NotFound(f"{path} does not use a dataset {dataset}.", "dataset_not_attached")
            await self._client.request("DELETE", lab_path(lab.owner, lab.name, "data", owner, name))
        except NotFound:
            if not there:
                raise
        await self._bringing.drop(self._beside(path), dataset)
        return await self._changed(path, write, dataset, None, used=False)

    async def _changed(
        self, path: str, write: bool, dataset: str, pin: int | None, used: bool = True
    ) -> NotebookData:
        """What the notebook uses now, and what its line should say; the file may not say so yet."""
        if write:
            named = {name: at for name, at in (await self._named(path)).items() if name != dataset}
            named |= {dataset: pin} if used else {}
            line = [reference(name, at) for name, at in named.items()]
            await self._notebooks.set_metadata(path, {"data": line})
        found = await self.look(path)
        items = {item.dataset: item for item in found.items}
        if not used:
            items.pop(dataset, None)
        elif found.lab is None or dataset not in items:
            items[dataset] = await self._resolved(path, dataset, pin)
        found.items = list(items.values())
        found.metadata = {"data": [reference(item.dataset, item.pinned) for item in found.items]}
        return found

    async def _lab(self, path: str) -> Lab | None:
        try:
            return await self._labs.of(path)
        except NotFound:
            return None

    async def _used(self, lab: Lab | None) -> list[LabDataset]:
        if lab is None:
            return []
        return (await self._client.get(lab_path(lab.owner, lab.name, "data"), Uses)).items

    async def _named(self, path: str) -> dict[str, int | None]:
        """What the notebook's own line names, less what cannot name a dataset."""
        named: dict[str, int | None] = {}
        for text in (await self._notebooks.runtime(path)).data:
            try:
                owner, name, version = split_dataset(text)
            except MLabsError:
                continue
            named[f"{owner}/{name}"] = version
        return named

    async def _one(self, dataset: str, pin: int | None) -> LabDataset:
        """A dataset as a lab would use it."""
        owner, name, _ = split_dataset(dataset)
        where = f"datasets/{quote(owner, safe='')}/{name}"
        async with self._few:
            found = await self._client.get(where, Dataset)
            size, files = found.size, found.files
            if pin not in (None, found.version):
                version = await self._client.get(f"{where}/versions/{pin}", DatasetVersion)
                size, files = version.size, version.files
        return LabDataset(
            dataset=dataset, title=found.title, version=pin or found.version, pinned=pin, size=size,
            files=files, path=f"data/{dataset}", url=found.url, added=found.updated,
        )  # fmt: skip

    async def _newest(self, path: str, use: LabDataset) -> Shown:
        """A use with the latest version that there is."""
        newest = use.version
        if use.pinned:
            owner, name, _ = split_dataset(use.dataset)
            async with self._few:
                # One that went meanwhile stays for as long as the lab lists it.
                with suppress(NotFound):
                    found = await self._client.get(f"datasets/{quote(owner, safe='')}/{name}", Dataset)
                    newest = found.version
        return self._bringing.shown(self._beside(path), use, newest)

    async def _resolved(self, path: str, dataset: str, pin: int | None) -> Shown:
        """What only the notebook names: it may not be there for this person."""
        try:
            use = await self._one(dataset, pin)
        except NotFound as error:
            message = f"{error.message} Ask its owner to share it, or take it off this list."
            return Shown(dataset, dataset, pin or 0, pin, 0, 0, 0, f"data/{dataset}", "", "lost", 0, message)
        return await self._newest(path, use)

    def _beside(self, path: str) -> Path:
        """The folder of the notebook, where its kernel starts."""
        folder = (self._root / path).parent
        if not folder.resolve().is_relative_to(self._root.resolve()):
            raise Unusable(f"{path!r:.100} is not below this server's folder.", "path_invalid")
        return folder

    def _restart_url(self, lab: Lab | None) -> str:
        if lab is None or not self._bringing.mounts:
            return ""
        return f"{self._base}open/@{quote(lab.owner, safe='')}/{lab.name}?restart=1"


def reference(dataset: str, pin: int | None) -> str:
    """As a notebook's line names it."""
    return f"{dataset}@{pin}" if pin else dataset
