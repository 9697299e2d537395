"""Batch runs: what is asked for, and what the run's server is told of it."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from mlabs_ext.wire.runs import Run, RunId, RunStatus

__all__ = ["BackgroundRequest", "Backgrounded", "BatchCreate", "BatchOrder", "BatchRuntime"]


class BatchCreate(Struct, forbid_unknown_fields=True):
    """Asks for a batch run of a lab, of its latest version unless something else is said.

    `version` is another one; `notebook` is one that is not published: its run is seen by the owner alone.
    `rerun_of` repeats a run: its notebook, parameters, runtime, image and time limit, less what is given.
    `parameters` are by names of Python; `timeout` in seconds.
    """

    version: Annotated[int, Meta(ge=1)] | None = None
    parameters: dict[str, Any] | None = None
    environment: Annotated[str, Meta(max_length=60)] | None = None
    accelerator: Annotated[str, Meta(max_length=60)] | None = None
    timeout: Annotated[float, Meta(gt=0, le=31_536_000)] | None = None
    notebook: msgspec.Raw | UnsetType = UNSET
    rerun_of: RunId | None = None


class BatchOrder(Struct):
    """What the server of a batch run executes. `stopping`: it is not to begin, or to end."""

    id: str
    lab: str
    status: RunStatus
    stopping: bool
    notebook: str
    parameters: dict[str, Any]
    timeout: float | None
    environment: str
    accelerator: str


class BatchRuntime(Struct):
    """What the hub is told that the server of a batch run needs. `image`: what it is pinned to."""

    user: str
    lab: str
    environment: str
    accelerator: str
    image: str | None


class Backgrounded(Struct):
    """The batch run that was asked for; `metadata` is what the notebook should now say of its lab."""

    run: Run
    metadata: dict[str, Any] = {}


class BackgroundRequest(Struct, forbid_unknown_fields=True):
    """Runs the notebook at `path`, relative to the server's root, as it is saved, in the background."""

    path: str
    parameters: dict[str, Any] | None = None
    timeout: float | None = None
