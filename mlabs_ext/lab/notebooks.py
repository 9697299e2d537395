"""The notebooks on this server: their text, their kernels, and which lab each one belongs to."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from jupyter_core.utils import ensure_async
from jupyter_server.services.contents.manager import ContentsManager
from jupyter_server.services.sessions.sessionmanager import SessionManager
from nbformat import NotebookNode
from tornado.web import HTTPError
from traitlets import Instance, Unicode
from traitlets.config import LoggingConfigurable

from mlabs_ext import names, notebook
from mlabs_ext.errors import BadInput, MLabsError, NotFound
from mlabs_ext.lab.run_all import Cell
from mlabs_ext.notebook import Runtime


class Notebooks(LoggingConfigurable):
    """Reads and writes through the server's contents manager, whatever it stores to."""

    contents = Instance(ContentsManager)
    sessions = Instance(SessionManager)
    owner = Unicode(help="Whose server this is.")
    lab = Unicode(help="The lab that this server was started for, as owner/name.")

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self._runtimes: dict[str, tuple[Any, Runtime]] = {}

    async def path_of(self, kernel: str) -> str | None:
        """The path of the notebook that a kernel runs; None for consoles and other things."""
        for session in await self.sessions.list_sessions():
            if session["type"] == "notebook" and session["kernel"]["id"] == kernel:
                return session["path"]
        return None

    async def lab_of(self, path: str) -> str | None:
        """The lab of this server's owner that the notebook belongs to, as owner/name.

        The place of the file comes before what its metadata says: a fork starts with its parent's metadata.
        """
        if self.lab and path == names.notebook_path(names.split_lab(self.lab)[1]):
            return self.lab
        named = (await self.runtime(path)).lab
        return named if named and self.is_mine(named) else None

    async def source_of(self, path: str) -> str | None:
        """The lab of somebody else that the notebook says it is."""
        if await self.lab_of(path):
            return None
        named = (await self.runtime(path)).lab
        return named if named and is_lab(named) else None

    def is_mine(self, lab: str) -> bool:
        """Whether a reference names a lab of this server's owner."""
        return is_lab(lab) and names.split_lab(lab)[0] == self.owner

    async def runtime(self, path: str) -> Runtime:
        """What the notebook's metadata asks for; nothing where it cannot be read."""
        try:
            changed = (await self._get(path, content=False))["last_modified"]
            known = self._runtimes.get(path)
            if known is None or known[0] != changed:
                known = self._runtimes[path] = (changed, notebook.runtime_of(await self.read(path)))
        except MLabsError as error:
            self.log.debug("MLabs: %s: %s", path, error.message)
            return Runtime()
        return known[1]

    async def cells(self, path: str) -> list[Cell]:
        """The code cells as saved; none where the notebook cannot be read."""
        try:
            saved = await self.read(path)
        except MLabsError as error:
            self.log.debug("MLabs: %s: %s", path, error.message)
            return []
        return [Cell(cell.get("id"), cell.source) for cell in saved.cells if cell.cell_type == "code"]

    async def read(self, path: str) -> NotebookNode:
        """The notebook as format 4.5. NotFound `notebook_not_found`, BadInput `notebook_invalid`."""
        text = await self.text(path)
        return await asyncio.to_thread(notebook.parse, text.encode("utf-8", "surrogatepass"))

    async def text(self, path: str) -> str:
        """The notebook's JSON as it is on disk."""
        model = await self._get(path, content=True)
        content = model["content"]
        return content if isinstance(content, str) else json.dumps(content)

    async def exists(self, path: str) -> bool:
        """Whether there is a file at `path`."""
        return bool(await ensure_async(self.contents.file_exists(path)))

    async def create(self, path: str, data: bytes) -> None:
        """Write a new file, and its folder. The caller has made sure that there is none."""
        folder = path.rpartition("/")[0]
        if folder and not await ensure_async(self.contents.dir_exists(folder)):
            await self._save({"type": "directory"}, folder)
        await self._save({"type": "file", "format": "text", "content": data.decode()}, path)

    async def need(self, path: str) -> None:
        """Raise NotFound `notebook_not_found` where there is no file at `path`."""
        if not await self.exists(path):
            raise NotFound(f"There is no notebook {path!r} on this server.", "notebook_not_found")

    async def set_metadata(self, path: str, own: dict[str, Any]) -> None:
        """Write the `mlabs` metadata into the file, where it does not say so yet, and change nothing else.

        An open front end that has saved the same finds its file as it left it.
        """
        await self.read(path)
        content = json.loads((await self.text(path)).removeprefix("\ufeff"))
        metadata = mapping(content.get("metadata"))
        known = mapping(metadata.get("mlabs"))
        if known | own == known:
            return
        content["metadata"] = metadata | {"mlabs": known | own}
        text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
        await self._save({"type": "file", "format": "text", "content": text}, path)

    async def _get(self, path: str, content: bool) -> dict[str, Any]:
        # As a file where it is one: what Jupyter repairs in a notebook, it repairs without saying so.
        kind = {"type": "file", "format": "text"} if path.endswith(".ipynb") else {"type": "notebook"}
        try:
            return await ensure_async(self.contents.get(path, content=content, **kind))
        except HTTPError as error:
            raise told(error, path) from error

    async def _save(self, model: dict[str, Any], path: str) -> None:
        try:
            await ensure_async(self.contents.save(model, path))
        except HTTPError as error:
            raise told(error, path) from error


def mapping(value: Any) -> dict[str, Any]:
    """`value` where it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def is_lab(reference: str) -> bool:
    """Whether a reference is of the form owner/name."""
    try:
        names.split_lab(reference)
    except BadInput:
        return False
    return True


def told(error: HTTPError, path: str) -> MLabsError:
    """What the contents manager says, as an error of ours."""
    if error.status_code == 404:
        return NotFound(f"There is no notebook {path!r} on this server.", "notebook_not_found")
    return BadInput(f"{path!r} cannot be used: {error.log_message or error.reason}", "notebook_unusable")
