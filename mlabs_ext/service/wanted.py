"""What a batch run is to execute, and where: a version, a notebook that was sent along, a run once more."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from mlabs_ext import notebook as notebooks
from mlabs_ext import wire
from mlabs_ext.errors import Unusable
from mlabs_ext.service import orm
from mlabs_ext.service.blobs import Blobs
from mlabs_ext.service.orm_batch import Batch
from mlabs_ext.service.prepared import prepare
from mlabs_ext.service.versions import find_version

# The environment of trainings that the trainer registers: they were a browser's.
BROWSER = "tensorflow.js in the browser"


@dataclass(frozen=True)
class Wanted:
    """A batch run as it is to be; `notebook` is the digest of what it executes, `image` what it is pinned to.

    `version` is None where the notebook is none of the lab's versions: then only its owner sees the run.
    """

    notebook: str
    version: int | None
    environment: str
    accelerator: str
    parameters: dict[str, Any] = field(default_factory=dict)
    image: str | None = None
    timeout: float | None = None
    rerun_of: str | None = None
    scheduled: bool = False


class Snapshot(NamedTuple):
    """A notebook that was sent along, as it is stored: without its outputs."""

    digest: str
    code: str
    asked: notebooks.Runtime


def keep(blobs: Blobs, notebook: bytes) -> Snapshot:
    """Store a notebook that is to run; BadInput `notebook_invalid` if it is none."""
    node = notebooks.parse(notebook)
    for cell in node.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    prepared = prepare(blobs, notebooks.dumps(node))
    return Snapshot(prepared.digest, prepared.code_sha256, prepared.runtime)


def adjusted(base: Wanted, fields: wire.BatchCreate) -> Wanted:
    """What is asked for beside the notebook. An accelerator is never taken over to another environment."""
    environment = fields.environment or base.environment
    same = environment == base.environment
    accelerator = fields.accelerator or (base.accelerator if same else "none")
    pinned = same and accelerator == base.accelerator
    return Wanted(
        notebook=base.notebook,
        version=base.version,
        environment=environment,
        accelerator=accelerator,
        parameters=base.parameters if fields.parameters is None else fields.parameters,
        image=base.image if pinned else None,
        timeout=fields.timeout or base.timeout,
        rerun_of=base.rerun_of,
    )


def of_version(session: Session, lab: orm.Lab, number: int | None) -> Wanted:
    """A version in the runtime that it was published with; the latest in the lab's own."""
    if lab.version == 0:
        raise Unusable(
            f"{lab.owner}/{lab.name} has no version yet. Publish it first (Share), or run the notebook "
            "as it is from JupyterLab: Run → Run All in Background.",
            "lab_is_draft",
        )
    version = find_version(session, lab, number or lab.version)
    source = version if number is not None and number != lab.version else lab
    return Wanted(
        notebook=version.notebook,
        version=version.number,
        environment=source.environment,
        accelerator=source.accelerator,
        image=_image(lab, source.environment, source.accelerator),
    )


def of_snapshot(session: Session, lab: orm.Lab, snapshot: Snapshot) -> Wanted:
    """A notebook that was sent along, where it asks to run; with the latest version's code it is that one."""
    digest, code, asked = snapshot
    latest = find_version(session, lab, lab.version) if lab.version else None
    same = latest is not None and latest.code_sha256 == code
    environment = asked.environment or lab.environment
    accelerator = asked.accelerator or (lab.accelerator if environment == lab.environment else "none")
    return Wanted(
        notebook=digest,
        version=latest.number if latest and same else None,
        environment=environment,
        accelerator=accelerator,
        image=_image(lab, environment, accelerator),
    )


def _image(lab: orm.Lab, environment: str, accelerator: str) -> str | None:
    """What the lab is pinned to, where it runs in the lab's own runtime."""
    return lab.image if (environment, accelerator) == (lab.environment, lab.accelerator) else None


def of_run(session: Session, lab: orm.Lab, run: orm.Run) -> Wanted:
    """The same run once more, on the image that it ran on."""
    if run.environment == BROWSER:
        raise Unusable(
            "This was a training in a browser: open it in the trainer to train it again, or run the lab's "
            "notebook.",
            "run_in_browser",
        )
    batch = session.get(Batch, run.key)
    if batch is None and run.version is None:
        raise Unusable(
            "This run was made cell by cell and belongs to no version: publish the notebook, and run that.",
            "run_not_repeatable",
        )
    return Wanted(
        notebook=batch.notebook if batch else find_version(session, lab, run.version or 0).notebook,
        version=run.version,
        environment=run.environment,
        accelerator=run.accelerator,
        parameters=run.parameters,
        image=run.image or (batch and batch.pinned),
        timeout=run.timeout,
        rerun_of=run.id,
    )
