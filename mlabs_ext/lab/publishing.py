"""Publishes a notebook: finds its lab, or makes one, and adds a version that remembers the run."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from pathlib import PurePosixPath
from typing import Any
from uuid import uuid4

import msgspec
from nbformat import NotebookNode

from mlabs_ext import names, notebook
from mlabs_ext.errors import Conflict, NotFound
from mlabs_ext.lab.client import Client, lab_path
from mlabs_ext.lab.delivery import Delivery
from mlabs_ext.lab.guarding import Guarding
from mlabs_ext.lab.labs import Labs
from mlabs_ext.lab.notebooks import Notebooks
from mlabs_ext.lab.recorder import Recorder
from mlabs_ext.wire import Lab, LabCreate, Published, PublishRequest, Version, VersionCreate

# A publish does not wait longer than this for the record of the run that it follows.
FLUSH = 5.0
IN_TRASH = (
    "This lab is in the trash. Restore it on My labs → Trash, then publish again, "
    "or publish under another name."
)
LOST = "{} is not there for you, or not any more: this new lab is private until you say who may see it."


class Publishing:
    """The one way from a notebook here to a version there."""

    def __init__(
        self,
        client: Client,
        notebooks: Notebooks,
        labs: Labs,
        guarding: Guarding,
        recorder: Recorder,
        delivery: Delivery,
        environment: str,
        accelerator: str,
    ):
        self._client = client
        self._notebooks = notebooks
        self._labs = labs
        self._guarding = guarding
        self._recorder = recorder
        self._delivery = delivery
        self._server = {"environment": environment, "accelerator": accelerator}

    async def publish(self, request: PublishRequest) -> Published:
        """Publish the notebook as it is saved.

        To its own lab if it has one, else to the lab that it comes from where that is shared to edit and no
        name for another is given, else as a fork of that, else as a new lab. That is private, unless the
        request says otherwise, where the notebook names a lab that is not there for this person: it may have
        been private, and nobody can tell any more. Unusable `guard_stopped` where it holds a secret that the
        request does not acknowledge; what is checked is what is sent.
        """
        nb = await self._notebooks.read(request.path)
        await self._guarding.need(request.path, nb, request.acknowledged)
        reference = await self._notebooks.lab_of(request.path)
        source = await self._notebooks.source_of(request.path)
        lab = await existing(self._labs.get(reference)) if reference else None
        if request.name is None and (shared := await self._labs.edited(source)):
            lab, source = shared, None
        if lab is None and source:
            lab = await existing(self._labs.fork(source, request.name, str(uuid4())))
        if lab is None:
            await self._keep_out_of_trash(reference, request.name)
            published = await self._create(request, nb, reference, lost=reference or source)
        else:
            published = await self._add_version(request, nb, lab, None if reference else source)
        if request.write_metadata:
            await self._notebooks.set_metadata(request.path, published.metadata)
        return published

    async def _keep_out_of_trash(self, reference: str | None, name: str | None) -> None:
        """A lab in the trash gets no namesake: once restored it would have to take another name."""
        if reference is None or name not in (None, names.split_lab(reference)[1]):
            return
        if await self._labs.in_trash(reference):
            raise Conflict(IN_TRASH, "lab_in_trash", {"lab": reference})

    async def _create(
        self, request: PublishRequest, nb: NotebookNode, reference: str | None, lost: str | None
    ) -> Published:
        """A new lab. The one that the notebook names, if it was deleted, comes back under its name."""
        if reference is None:
            notebook.forget_lab(nb)
        fields = await self._fields(request, nb, self._server, reference)
        guarded = lost is not None and request.visibility is None
        if guarded:
            fields["visibility"] = "private"
        create = LabCreate(
            name=request.name or (names.split_lab(reference)[1] if reference else None),
            title=request.title or notebook.title_of(nb) or PurePosixPath(request.path).stem[:200],
            **fields,
        )
        lab = await self._client.send("POST", "labs", create, Lab, str(uuid4()))
        return Published(lab, True, False, metadata_of(lab), LOST.format(lost) if guarded else None)

    async def _add_version(
        self, request: PublishRequest, nb: NotebookNode, lab: Lab, forked_from: str | None
    ) -> Published:
        runtime = {"environment": lab.environment, "accelerator": lab.accelerator}
        fields = await self._fields(request, nb, runtime, f"{lab.owner}/{lab.name}")
        if forked_from:
            fields["message"] = request.message or f"Forked from {forked_from}"
        path = lab_path(lab.owner, lab.name)
        create = VersionCreate(title=request.title, **fields)
        version = await self._client.send("POST", f"{path}/versions", create, Version, str(uuid4()))
        changed = await self._client.get(path, Lab)
        created = forked_from is not None or lab.version == 0
        return Published(changed, created, version.number == lab.version, metadata_of(changed))

    async def _fields(
        self, request: PublishRequest, nb: NotebookNode, runtime: dict[str, str], reference: str | None
    ) -> dict[str, Any]:
        """What a new lab and a new version have in common. The notebook's own word on its runtime counts."""
        own = nb.metadata.get("mlabs")
        said = own if isinstance(own, dict) else {}
        runtime = {key: said.get(key) or value for key, value in runtime.items()}
        environment, accelerator = runtime["environment"], runtime["accelerator"]
        notebook.set_runtime(nb, environment=environment, accelerator=accelerator, lab=reference)
        return {
            "notebook": msgspec.Raw(await asyncio.to_thread(notebook.dumps, nb)),
            "description": request.description,
            "tags": request.tags,
            "visibility": request.visibility,
            "license": request.license,
            "message": request.message,
            "run": await self._run_of(reference),
            **runtime,
        }

    async def _run_of(self, reference: str | None) -> str | None:
        """The run that produced the outputs; its record is brought to the service first."""
        if reference is None:
            return None
        await self._recorder.settle(FLUSH)
        await self._delivery.flush(FLUSH)
        return self._recorder.last_run(reference)


async def existing(asked: Awaitable[Lab]) -> Lab | None:
    """The lab, or None where it was deleted meanwhile."""
    try:
        return await asked
    except NotFound:
        return None


def metadata_of(lab: Lab) -> dict[str, str]:
    """What the notebook's `mlabs` metadata should say after a publish."""
    return {"environment": lab.environment, "accelerator": lab.accelerator, "lab": f"{lab.owner}/{lab.name}"}
