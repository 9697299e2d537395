"""Models: what was uploaded or taken from a run, and how front ends load it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from mlabs_ext.wire.labs import Access, Description, Title, Visibility
from mlabs_ext.wire.runs import RunId

__all__ = [
    "Model",
    "ModelChange",
    "ModelCompared",
    "ModelCreate",
    "ModelError",
    "ModelFile",
    "ModelLayer",
    "ModelStatus",
    "ModelTake",
    "ModelVariant",
    "ModelVariantMake",
    "ModelVersionCreate",
    "Storage",
    "Tensor",
]

ModelStatus = Literal["queued", "converting", "ready", "refused"]
Shape = list[int | None]
Storage = Literal["float16", "uint8"]
Message = Annotated[str, Meta(max_length=1000)]


class Tensor(Struct):
    """What goes into a model or comes out; null in a shape is any number, first of all of examples."""

    name: str
    shape: Shape
    dtype: str


class ModelLayer(Struct):
    """A layer. `shape` is what comes out of it, null where that is not known; `after` are those before it,
    and `layers` those in it, where it is a model itself.
    """

    name: str
    kind: str
    shape: Shape | None
    parameters: int
    trainable: bool
    after: list[str]
    layers: list[ModelLayer] = []


class ModelFile(Struct):
    """A file of a version: `model.json`, its weights, or what was uploaded. What `url` has never changes."""

    path: str
    size: int
    type: str
    digest: str
    url: str


class ModelCompared(Struct):
    """How far a variant's predictions are from its model's, for `rows` random inputs, the same each time.

    What goes in are numbers from -1 to 1, and indexes where a table is looked up in. `difference` is the
    largest that was found, and `largest` the largest prediction of the model itself, both without their sign.
    `same_class` is the share of examples whose most likely class is the same; null where the model says no
    probabilities. Where nothing could be measured `reason` says why, and all else is 0 or null.
    """

    rows: int
    difference: float | None
    largest: float | None
    same_class: float | None
    reason: str | None


class ModelVariant(Struct):
    """A version with its numbers in less room, and less exact: two bytes each as `float16`, one as `uint8`.

    `url` and `latest_url` are what loads it, as those of the model; `size` is in bytes.
    """

    storage: Storage
    size: int
    url: str
    latest_url: str
    compared: ModelCompared


class ModelVariantMake(Struct, forbid_unknown_fields=True):
    """Which variant is to be made."""

    storage: Storage


class ModelError(Struct):
    """Why a version was refused, and what to do about it."""

    code: str
    message: str
    detail: dict[str, Any] | None = None


class Model(Struct):
    """A version of a model: its latest that is ready, where none is asked for.

    `url` is what `tf.loadLayersModel` takes, or `tf.loadGraphModel` where `format` is `tfjs-graph`, and
    always means this version; `latest_url` follows the model. `newest` is the last version that was begun,
    ready or not. `notes` say what was changed when it was converted, `needs` are layers that TensorFlow.js
    lacks and `BASE/layers.js` has: it is loaded before the model. `size` is in bytes. `run` made it, of
    `lab`; both are null where that is not known, or not the asker's to know. `follows` is the file of the
    lab's runs of which each new one becomes a version. Lists leave out `layers`, `files`, `notes`, `needs`
    and `variants`.
    """

    owner: str
    name: str
    version: int
    format: str | None
    status: ModelStatus
    inputs: list[Tensor]
    outputs: list[Tensor]
    parameters: int
    url: str
    id: str
    title: str
    description: str
    visibility: Visibility
    newest: int
    author: str
    message: str
    size: int
    lab: str | None
    run: str | None
    follows: str | None
    created: datetime
    updated: datetime
    latest_url: str
    page_url: str
    layers: list[ModelLayer] | UnsetType = UNSET
    files: list[ModelFile] | UnsetType = UNSET
    notes: list[str] | UnsetType = UNSET
    needs: list[str] | UnsetType = UNSET
    variants: list[ModelVariant] | UnsetType = UNSET
    error: ModelError | UnsetType = UNSET
    taken_down: datetime | None = None
    access: Access | UnsetType = UNSET


class ModelVersionCreate(Struct, forbid_unknown_fields=True):
    """What goes with the files of a new version."""

    message: Message = ""


class ModelCreate(Struct, forbid_unknown_fields=True):
    """What goes with the files of a new model: its name is made from the title, or from a file's, where none
    is given.
    """

    name: str | None = None
    title: Title | None = None
    description: Description = ""
    visibility: Visibility | None = None
    message: Message = ""


class ModelChange(Struct, forbid_unknown_fields=True):
    """What of a model changes; what is left out stays. `follows` takes null: runs then add no versions."""

    title: Title | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    visibility: Visibility | UnsetType = UNSET
    follows: UnsetType | None = UNSET


class ModelTake(Struct, forbid_unknown_fields=True):
    """A model in the outputs of a run, by the path of its `.h5`, `.keras` or `model.json`.

    It becomes the model `name`, or the next version of it. With `follow`, so does what later runs of the
    lab write there.
    """

    run: RunId
    path: str
    name: str | None = None
    title: Title | None = None
    visibility: Visibility | None = None
    follow: bool = True
