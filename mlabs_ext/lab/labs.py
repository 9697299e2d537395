"""The labs of the service, as this server's owner sees them."""

from __future__ import annotations

import msgspec

from mlabs_ext import names, notebook
from mlabs_ext.errors import NotFound
from mlabs_ext.lab.client import Client, lab_path
from mlabs_ext.lab.notebooks import Notebooks
from mlabs_ext.wire import ForkCreate, Lab, LabChange, NotebookLab


class Deleted(msgspec.Struct):
    """A lab in the trash."""

    lab: Lab


class Trash(msgspec.Struct):
    """A person's trash as the service lists it."""

    items: list[Deleted]


class Labs:
    """Finds, forks and changes labs, and compares them with the notebooks here."""

    def __init__(self, client: Client, notebooks: Notebooks):
        self._client = client
        self._notebooks = notebooks
        self._published: dict[tuple[str, int], str] = {}

    async def get(self, lab: str) -> Lab:
        """A lab by its reference. NotFound where it is not there, or not for this person."""
        return await self._client.get(lab_path(*names.split_lab(lab)), Lab)

    async def in_trash(self, lab: str) -> bool:
        """Whether a lab of this person's can still be restored."""
        trash = await self._client.get("me/trash", Trash)
        return lab in [f"{item.lab.owner}/{item.lab.name}" for item in trash.items]

    async def of(self, path: str) -> Lab:
        """The lab that a notebook belongs to; NotFound `not_a_lab` where it belongs to none of mine."""
        if reference := await self._notebooks.lab_of(path):
            return await self.get(reference)
        lab = await self.edited(await self._notebooks.source_of(path))
        if lab is None:
            raise NotFound(f"{path!r} is not published yet: publish it first.", "not_a_lab")
        return lab

    async def edited(self, source: str | None) -> Lab | None:
        """Somebody else's lab that a notebook says it is, where it is shared with this person to edit."""
        lab = await self._get_if_there(source) if source else None
        return lab if lab and lab.access == "edit" else None

    async def fork(self, lab: str, name: str | None, key: str) -> Lab:
        """A copy of a lab that belongs to this person."""
        path = lab_path(*names.split_lab(lab), "fork")
        return await self._client.send("POST", path, ForkCreate(name), Lab, key)

    async def change(self, path: str, fields: LabChange) -> Lab:
        """Change the title, visibility and so on of a notebook's lab."""
        lab = await self.of(path)
        return await self._client.send("PATCH", lab_path(lab.owner, lab.name), fields, Lab)

    async def beside(self, path: str, owner: str) -> NotebookLab:
        """What a front end shows beside a notebook."""
        reference = await self._notebooks.lab_of(path)
        lab = await self._get_if_there(reference) if reference else None
        source = await self._notebooks.source_of(path)
        origin = await self._get_if_there(source) if source else None
        if origin and origin.access == "edit":
            lab, source = origin, None
        known = lab or origin
        lost = known is None and bool(reference or source)
        dirty = lab is None or lab.version == 0 or await self._differs(path, lab)
        return NotebookLab(
            path=path,
            owner=owner,
            lab=lab,
            source=source,
            draft=lab is not None and lab.version == 0,
            foreign=source is not None,
            dirty=dirty,
            visibility=known.visibility if known else "private" if lost else None,
            lost=lost,
        )

    async def _get_if_there(self, lab: str) -> Lab | None:
        try:
            return await self.get(lab)
        except NotFound:
            return None

    async def _differs(self, path: str, lab: Lab) -> bool:
        """Whether the notebook as saved is not what the latest version holds."""
        version = (lab.id, lab.version)
        if version not in self._published:
            latest = lab_path(lab.owner, lab.name, "versions", "latest", "notebook")
            stored = await self._client.request("GET", latest)
            self._published = {**self._published, version: fingerprint(stored.body)}
        text = await self._notebooks.text(path)
        return fingerprint(text.encode("utf-8", "surrogatepass")) != self._published[version]


def fingerprint(data: bytes) -> str:
    """The digest of what a publish would store, less the metadata that changes without anybody's doing.

    Publishing changes `mlabs`; opening it in JupyterLab adds `language_info` and the titles of kernels.
    """
    nb = notebook.clean(notebook.parse(data))
    for name in ("mlabs", "language_info"):
        nb.metadata.pop(name, None)
    kernel = nb.metadata.get("kernelspec")
    nb.metadata["kernelspec"] = kernel.get("name") if isinstance(kernel, dict) else kernel
    return notebook.sha256(notebook.dumps(nb))
