"""The publish guard on this server: looks notebooks through, fixes them, stops what holds secrets."""

from __future__ import annotations

import asyncio
import os
import pwd
from collections.abc import Collection
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec
from nbformat import NotebookNode

from mlabs_ext import guard, notebook
from mlabs_ext.errors import Unusable
from mlabs_ext.guard.personal import is_anybodys
from mlabs_ext.lab.notebooks import Notebooks
from mlabs_ext.wire import Checked, FixedCell, FixedNotebook

STOPPED = (
    "Nothing was published: the notebook holds what looks like a secret. "
    "Take it out, or acknowledge it if it is none."
)
# Where a server of JupyterHub finds its tokens.
TOKENS = ("JUPYTERHUB_API_TOKEN", "JPY_API_TOKEN", "JUPYTER_TOKEN")


class Guarding:
    """Knows whose server this is; what it finds stays on it."""

    def __init__(self, notebooks: Notebooks, owner: str, root: Path):
        self._notebooks = notebooks
        self._owner = owner
        self._root = root

    async def check(self, path: str) -> Checked:
        """What a publish of the notebook as it is saved would tell."""
        return Checked((await self._look(path, await self._notebooks.read(path))).findings)

    async def fix(self, path: str, ids: Collection[str]) -> FixedNotebook:
        """The cells that change when these findings are fixed; ids of other texts say nothing."""
        checked = await self._look(path, await self._notebooks.read(path))
        fixed = await asyncio.to_thread(checked.fixed, ids)
        cells = [_cell(fixed.notebook["cells"][index], index) for index in fixed.cells]
        return FixedNotebook(cells, fixed.notebook["metadata"] if fixed.metadata else None, fixed.left)

    async def need(self, path: str, nb: NotebookNode, acknowledged: Collection[str]) -> None:
        """Raise Unusable `guard_stopped`, with all findings, where a secret is not acknowledged by its id.

        An id holds for the text that it was found in: whatever has changed since is looked at anew.
        """
        findings = (await self._look(path, nb)).findings
        if guard.stopping(findings, frozenset(acknowledged)):
            raise Unusable(STOPPED, "guard_stopped", {"findings": msgspec.to_builtins(findings)})

    async def _look(self, path: str, nb: NotebookNode) -> guard.Check:
        """Look through what would be published; the notebook is cleaned in place."""
        known = self._known(path, authors(nb))
        return await asyncio.to_thread(guard.check, notebook.clean(nb), known)

    def _known(self, path: str, authors: set[str]) -> guard.Known:
        home = str(Path.home())
        return guard.Known(
            names=tuple(sorted({self._owner, *authors, *full_name()})),
            homes=() if is_anybodys(PurePosixPath(home).name) else (home,),
            folder=str((self._root / path).parent),
            secrets=tuple(value for name in TOKENS if (value := os.environ.get(name))),
        )


def authors(nb: NotebookNode) -> set[str]:
    """Who ran cells in Colab; that itself is never published."""
    users = (cell.metadata.get("executionInfo", {}) for cell in nb.cells)
    held = (info.get("user") for info in users if isinstance(info, dict))
    names = (user.get("displayName") for user in held if isinstance(user, dict))
    return {name for name in names if isinstance(name, str)}


def full_name() -> set[str]:
    """The name of the person as the system has it, if it has one of several words."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_gecos.partition(",")[0].strip()
    except KeyError:
        return set()
    return {name} if " " in name else set()


def _cell(cell: dict[str, Any], index: int) -> FixedCell:
    return FixedCell(
        index, cell["id"], cell["source"], cell["metadata"], cell.get("outputs"), cell.get("attachments")
    )
