"""Puts a lab's notebook into its owner's files, once, so that it can be opened."""

from __future__ import annotations

import asyncio
from collections import defaultdict

from jupyter_client.kernelspec import KernelSpecManager
from nbformat import NotebookNode
from nbformat.v4 import new_notebook

from mlabs_ext import names, notebook
from mlabs_ext.errors import Forbidden
from mlabs_ext.lab.client import Client, lab_path
from mlabs_ext.lab.labs import Labs
from mlabs_ext.lab.notebooks import Notebooks
from mlabs_ext.wire import Lab


class Opening:
    """Fetches what is absent; what is here is the owner's, and is never written over."""

    def __init__(
        self, client: Client, notebooks: Notebooks, labs: Labs, specs: KernelSpecManager, kernel: str
    ):
        self._client = client
        self._notebooks = notebooks
        self._labs = labs
        self._specs = specs
        self._kernel = kernel
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def open(self, reference: str) -> str:
        """The path of the lab's notebook, which is there afterwards.

        Forbidden `not_your_lab` for somebody else's: those are forked first.
        """
        owner, name = names.split_lab(reference)
        if not self._notebooks.is_mine(f"{owner}/{name}"):
            raise Forbidden(f"{owner}/{name} is not your lab: fork it, and open the fork.", "not_your_lab")
        path = names.notebook_path(name)
        async with self._locks[path]:
            if not await self._notebooks.exists(path):
                lab = await self._labs.get(f"{owner}/{name}")
                nb = await self._fetch(lab) if lab.version else new_notebook()
                await self._notebooks.create(path, notebook.dumps(self._fitted(nb, lab)))
        return path

    async def _fetch(self, lab: Lab) -> NotebookNode:
        latest = lab_path(lab.owner, lab.name, "versions", "latest", "notebook")
        stored = await self._client.request("GET", latest)
        return await asyncio.to_thread(notebook.parse, stored.body)

    def _fitted(self, nb: NotebookNode, lab: Lab) -> NotebookNode:
        """The notebook with its new lab's name, and a kernel that is here: one question less."""
        notebook.set_runtime(
            nb, environment=lab.environment, accelerator=lab.accelerator, lab=f"{lab.owner}/{lab.name}"
        )
        named = nb.metadata.get("kernelspec") or {}
        language = named.get("language") or (nb.metadata.get("language_info") or {}).get("name")
        known = self._specs.find_kernel_specs()
        if named.get("name") not in known and self._kernel in known and language in (None, "python"):
            spec = self._specs.get_kernel_spec(self._kernel)
            nb.metadata["kernelspec"] = {
                "name": self._kernel,
                "display_name": spec.display_name,
                "language": spec.language,
            }
        return nb
