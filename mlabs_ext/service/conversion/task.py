"""What is asked of the process that converts, what it answers, and what a model turns out to be."""

from __future__ import annotations

import msgspec


class Tensor(msgspec.Struct):
    """What a model takes or gives; `null` in `shape` is any size."""

    name: str
    shape: list[int | None]
    dtype: str


class Described(msgspec.Struct):
    """A layer: how many numbers it learned, the layers before it, and those in it.

    `shape` is that of what it makes, where that is known.
    """

    name: str
    kind: str
    parameters: int
    trainable: bool
    after: list[str]
    shape: list[int | None] | None = None
    layers: list[Described] = []


class Compared(msgspec.Struct):
    """How far a variant's predictions are from its model's, for `rows` inputs that are the same each time.

    `largest` is the largest prediction of the model, without its sign; `same` of `classes` most likely
    classes are as they were. Where nothing could be measured `reason` says why.
    """

    rows: int = 0
    difference: float = 0.0
    largest: float = 0.0
    same: int = 0
    classes: int = 0
    reason: str = ""


class Converted(msgspec.Struct):
    """A model that TensorFlow.js loads.

    `notes` say in words what was changed, `needs` are layers of MLabs' own that a page has to load first.
    `compared` is of variants alone.
    """

    format: str
    layers: list[Described]
    parameters: int
    files: list[str]
    notes: list[str]
    needs: list[str] = []
    inputs: list[Tensor] = []
    outputs: list[Tensor] = []
    compared: Compared | None = None


class Task(msgspec.Struct):
    """Files by their names, the folder for what is made of them, and how many bytes weights may have."""

    files: dict[str, str]
    target: str
    limit: int
    storage: str = "float32"


class Failed(msgspec.Struct):
    """An error that a person is told."""

    status: int
    code: str
    message: str
    detail: dict[str, str] | None = None


class Answer(msgspec.Struct):
    """One of the two."""

    made: Converted | None = None
    failed: Failed | None = None
