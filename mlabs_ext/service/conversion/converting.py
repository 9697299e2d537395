"""Converts the files of one model, whichever kind of model they are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlabs_ext.service.conversion import keras_weights, legacy_weights, tfjs_weights
from mlabs_ext.service.conversion.archive import CONFIG, METADATA, KerasArchive
from mlabs_ext.service.conversion.describing import described
from mlabs_ext.service.conversion.graph import Model, layers_in, renamed
from mlabs_ext.service.conversion.graph_model import graph_of, operations
from mlabs_ext.service.conversion.hdf5 import Hdf5
from mlabs_ext.service.conversion.masks import settle_masks
from mlabs_ext.service.conversion.reading import MOST_LAYERS, model_of, parsed
from mlabs_ext.service.conversion.refusing import refused
from mlabs_ext.service.conversion.rewrites import rewritten
from mlabs_ext.service.conversion.shards import Shards
from mlabs_ext.service.conversion.task import Converted, Task
from mlabs_ext.service.conversion.tfjs_files import MODEL, TfjsFiles
from mlabs_ext.service.conversion.topology import Topology

ZIP, HDF5 = b"PK\x03\x04", b"\x89HDF"
OWN_LAYERS = ("ResetAfterGRU",)
LEGACY = (".h5", ".hdf5")
MOST_WAYS = 100_000


def converted(task: Task) -> Converted:
    """Write `model.json` and its shards into the task's folder; refuses what cannot be converted."""
    files = _beside_the_model({name: Path(path) for name, path in task.files.items()})
    if MODEL in files:
        return _from_tfjs(files, task)
    if len(files) != 1:
        raise _unknown()
    (name, path), *_ = files.items()
    with path.open("rb") as file:
        start = file.read(4)
    if start == ZIP:
        return _from_archive(path, task)
    if start == HDF5 or name.lower().endswith(LEGACY):
        return _from_hdf5(path, task)
    if name.lower().endswith(".keras"):
        raise refused(
            "This is not a .keras file: one is a zip, and this is none. Save the whole model again, with "
            "`model.save('model.keras')`, and upload that."
        )
    raise _unknown()


def _beside_the_model(files: dict[str, Path]) -> dict[str, Path]:
    """The files by their paths from where `model.json` lies: a folder is uploaded with its name."""
    found = [name for name in files if name.rsplit("/", 1)[-1] == MODEL]
    folder = found[0].removesuffix(MODEL) if len(found) == 1 else ""
    return {name.removeprefix(folder): path for name, path in files.items()}


def _from_archive(path: Path, task: Task) -> Converted:
    archive = KerasArchive(path, task.limit)
    metadata = parsed(archive.text(METADATA) or b"{}")
    model = _model(parsed(archive.text(CONFIG)), _keras(metadata.get("keras_version")))
    weights = archive.weights(Path(task.target) / ".weights.h5")
    try:
        file = Hdf5(weights, task.limit)
        keras_weights.give(model, file, file.root)
        return _written(model, "keras", task)
    finally:
        weights.unlink()


def _from_hdf5(path: Path, task: Task) -> Converted:
    file = Hdf5(path, task.limit)
    text, version = file.text(file.root, "model_config"), file.text(file.root, "keras_version") or "2"
    if text is None:
        raise refused(
            "This file holds weights only, and no model that they belong to. Save the whole model, with "
            "`model.save('model.keras')`, and upload that."
        )
    if version.startswith("1."):
        raise refused(
            f"This model was saved by Keras {version:.20}, whose layers are described in another "
            "way than since 2017. "
            "Load it with Keras 2.0 to 2.3, save it again, and upload the new file."
        )
    keras = _keras(version)
    model = _model(parsed(text), keras)
    legacy_weights.give(model, file, file.group(file.root, "model_weights"))
    return _written(model, f"keras{keras}-h5", task)


def _from_tfjs(files: dict[str, Path], task: Task) -> Converted:
    source = TfjsFiles(files, task.limit)
    if source.is_graph:
        made = graph_of(source)
        manifest = Shards(Path(task.target), task.storage, task.limit).write(source.arrays.items())
        about = Converted("tfjs-graph", operations(source), source.parameters, [], [])
        return _saved(task, made, manifest, about)
    topology = source.topology.get("model_config") or source.topology
    model = _model(parsed(json.dumps(topology)), _keras(source.topology.get("keras_version")))
    tfjs_weights.give(model, source.arrays)
    return _written(model, "tfjs-layers", task, source.metadata)


def _written(model: Model, format_: str, task: Task, metadata: Mapping[str, Any] | None = None) -> Converted:
    """`metadata` is what came beside the layers for whoever loads them."""
    notes: list[str] = []
    renamed(model)
    settle_masks(model)
    layers = described(model)
    rewritten(model, notes)
    topology = Topology(model, notes)
    manifest = Shards(Path(task.target), task.storage, task.limit).write(topology.weights)
    made: dict[str, Any] = {
        "format": "layers-model",
        "generatedBy": f"Keras {model.keras}",
        "modelTopology": {
            "keras_version": "2.15.0",
            "backend": "tensorflow",
            "model_config": topology.described,
        },
    }
    if metadata:
        made["userDefinedMetadata"] = metadata
    needs = sorted({layer.kind for layer in layers_in(model)} & set(OWN_LAYERS))
    parameters = sum(layer.parameters for layer in layers)
    about = Converted(format_, layers, parameters, [], list(dict.fromkeys(notes)), needs)
    return _saved(task, made, manifest, about)


def _saved(task: Task, made: dict[str, Any], manifest: list[dict[str, Any]], about: Converted) -> Converted:
    try:
        text = json.dumps({**made, "convertedBy": "MLabs", "weightsManifest": manifest}, allow_nan=False)
    except (ValueError, RecursionError) as error:
        raise refused(
            "This model has a setting that is no number (NaN or infinite): set it, and save again."
        ) from error
    Path(task.target, MODEL).write_text(text, encoding="utf-8")
    about.files = [MODEL, *(path for group in manifest for path in group["paths"])]
    return about


def _model(described: dict[str, Any], keras: int) -> Model:
    """The model that is described, with all models within it no larger than a page can show."""
    model = model_of(described, keras)
    layers = list(layers_in(model))
    if len(layers) > MOST_LAYERS:
        raise refused(f"This model has more than {MOST_LAYERS} layers, the limit here.")
    calls = [call for layer in layers for call in layer.calls]
    if sum(len(call.tensors) + len(call.named) for call in calls) > MOST_WAYS:
        raise refused(
            f"The layers of this model are connected in more than {MOST_WAYS:,} ways, the limit here."
        )
    return model


def _keras(version: Any) -> int:
    return 3 if str(version or "").startswith("3") else 2


def _unknown() -> Exception:
    return refused(
        "This is no model that can be converted. Upload one .keras or .h5 file with a whole "
        "Keras model, or model.json "
        "of TensorFlow.js with all its shards. A model of another kind (SavedModel, PyTorch, "
        "ONNX, pickle) has to be "
        "rebuilt in Keras and saved with `model.save('model.keras')`."
    )
