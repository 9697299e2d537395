"""Runs a notebook of this server in the background: as it is saved, published or not."""

from __future__ import annotations

from pathlib import PurePosixPath
from uuid import uuid4

import msgspec
from nbformat import NotebookNode

from mlabs_ext import names, notebook
from mlabs_ext.errors import Unusable
from mlabs_ext.lab.client import Client, lab_path
from mlabs_ext.lab.notebooks import Notebooks
from mlabs_ext.wire import Backgrounded, BackgroundRequest, BatchCreate, Lab, LabCreate, Run


class Background:
    """The one way from a notebook here to a batch run of it."""

    def __init__(self, client: Client, notebooks: Notebooks):
        self._client = client
        self._notebooks = notebooks

    async def run(self, request: BackgroundRequest) -> Backgrounded:
        """Have the service queue a run of the notebook; one that belongs to no lab gets a draft first."""
        nb = notebook.clean(await self._notebooks.read(request.path))
        lab, metadata = await self._lab(request.path, nb)
        fields = BatchCreate(
            notebook=msgspec.Raw(notebook.dumps(without_outputs(nb))),
            parameters=request.parameters,
            timeout=request.timeout,
        )
        path = lab_path(*names.split_lab(lab), "runs")
        run = await self._client.send("POST", path, fields, Run, str(uuid4()))
        return Backgrounded(run, metadata)

    async def _lab(self, path: str, nb: NotebookNode) -> tuple[str, dict[str, str]]:
        """The lab of one's own that the notebook belongs to, and what its metadata should say."""
        if mine := await self._notebooks.lab_of(path):
            return mine, {}
        if source := await self._notebooks.source_of(path):
            raise Unusable(
                f"This notebook comes from {source}, which is not yours. Fork it (Fork in the toolbar), or "
                "share it as your own; then it runs in the background.",
                "not_your_lab",
            )
        title = notebook.title_of(nb) or PurePosixPath(path).stem[:200]
        lab = await self._client.send("POST", "labs", LabCreate(title=title), Lab, str(uuid4()))
        return f"{lab.owner}/{lab.name}", {"lab": f"{lab.owner}/{lab.name}"}


def without_outputs(nb: NotebookNode) -> NotebookNode:
    """The notebook less what a run makes anew, in place: all of that would travel for nothing."""
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return nb
