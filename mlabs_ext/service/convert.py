"""Makes of the files of a model what TensorFlow.js loads: the door to all that knows formats of models."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct
from traitlets.config import LoggingConfigurable

from mlabs_ext.errors import Unusable
from mlabs_ext.service import tfjs_files


class Converted(Struct):
    """What a model turned out to be. `files` are those in the target folder, `notes` what was changed.

    `format` says what came: "keras2-h5", "keras3-h5", "keras", "tfjs-layers" or "tfjs-graph". `inputs` and
    `outputs` are lists of `{name, shape, dtype}`, `layers` of `{name, kind, shape, parameters, trainable,
    after}`; null in a shape is any number, and a layer's shape is null where it is not known.
    """

    format: str
    inputs: list[dict[str, Any]]
    outputs: list[dict[str, Any]]
    layers: list[dict[str, Any]]
    parameters: int
    files: list[str]
    notes: list[str]


class Converter(LoggingConfigurable):
    """Converts one model at a time, or says why not."""

    async def convert(self, files: Mapping[str, Path], target: Path) -> Converted:
        """Fill the empty folder `target` with `model.json` and its shards.

        Unusable `model_refused`, with what to do about it, where TensorFlow.js could not load the model;
        TooLarge where there is too much in it.

        `files` are those that came by their names: one `.h5`, `.hdf5` or `.keras`, or `model.json` and its
        shards.
        """
        if tfjs_files.MODEL in files:
            return Converted(**await asyncio.to_thread(tfjs_files.pass_on, files, target))
        raise Unusable(
            f"{next(iter(files))} is a Keras model, and this service takes TensorFlow.js models only. "
            "Convert it first with `tensorflowjs_converter --input_format keras`; then upload the "
            "`model.json` and the shards that it writes.",
            "model_refused",
        )
