"""Small models of Keras and TensorFlow.js, uploads of them, and the background that converts them."""

from __future__ import annotations

import asyncio
import json
import struct
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from mlabs_ext.service.convert import Converted, Converter
from support.recorded_models import model_file

# What a Lambda is refused with begins so.
LAMBDA = "is a Lambda layer"
SHARD = "group1-shard1of1.bin"


def dense(name: str, units: int, **more: Any) -> dict[str, Any]:
    """A Dense layer as Keras 2 writes it."""
    return {"class_name": "Dense", "config": {"name": name, "units": units, "activation": "linear"} | more}


def model_json(
    weights: list[dict[str, Any]], layers: list[dict[str, Any]], path: str = "weights.bin"
) -> bytes:
    """A `model.json` of a Sequential with these."""
    config = {"name": "sequential", "layers": layers}
    topology = {
        "class_name": "Sequential",
        "config": config,
        "keras_version": "2.15.0",
        "backend": "tensorflow",
    }
    manifest = [{"paths": [path], "weights": weights}]
    return json.dumps(
        {"format": "layers-model", "modelTopology": topology, "weightsManifest": manifest}
    ).encode()


def doubling(by: float = 2.0, path: str = "weights.bin") -> dict[str, bytes]:
    """The files of a model that multiplies each of two numbers, and adds them: y = by * (a + b) + 1."""
    weights = [
        {"name": "sum/kernel", "shape": [2, 1], "dtype": "float32"},
        {"name": "sum/bias", "shape": [1], "dtype": "float32"},
    ]
    layers = [dense("sum", 1, batch_input_shape=[None, 2], dtype="float32")]
    return {
        "model.json": model_json(weights, layers, path),
        path.removeprefix("./"): struct.pack("<3f", by, by, 1.0),
    }


def reading(vocabulary: list[str], length: int) -> tuple[dict[str, bytes], dict[str, Any]]:
    """The files of a model that reads texts, as the trainer saves one, and what it says of them."""
    words = len(vocabulary) + 2
    weights = [
        {"name": "points/embeddings", "shape": [words, 1], "dtype": "float32"},
        {"name": "sum/kernel", "shape": [1, 1], "dtype": "float32"},
        {"name": "sum/bias", "shape": [1], "dtype": "float32"},
    ]
    embedding = {"name": "points", "input_dim": words, "output_dim": 1, "batch_input_shape": [None, length]}
    layers = [
        {"class_name": "Embedding", "config": {**embedding, "dtype": "float32", "mask_zero": False}},
        {"class_name": "GlobalAveragePooling1D", "config": {"name": "mean"}},
        dense("sum", 1),
    ]
    text = {
        "name": "review",
        "length": length,
        "vocabulary": vocabulary,
        "other": "[^a-z']+",
        "alone": "[\u4e00-\u9fff]",
    }
    scale = {"classes": [], "columns": [], "target": "stars", "mean": 3.0, "deviation": 0.5}
    metadata = {"mlabs": {"task": "number", **scale, "text": text}}
    described = json.loads(model_json(weights, layers)) | {"userDefinedMetadata": metadata}
    data = struct.pack(f"<{words + 2}f", *range(words), 1.0, 0.0)
    return {"model.json": json.dumps(described).encode(), "weights.bin": data}, metadata


def birds() -> dict[str, bytes]:
    """The files of a model of columns, as the trainer saves one: it tells two classes by them."""
    weights = [
        {"name": "two/kernel", "shape": [3, 2], "dtype": "float32"},
        {"name": "two/bias", "shape": [2], "dtype": "float32"},
    ]
    layers = [dense("two", 2, activation="softmax", batch_input_shape=[None, 3], dtype="float32")]
    columns = [
        {"name": "Wing length", "at": 0, "shift": 30, "factor": 0.5, "missing": 31, "low": 20, "high": 44.25},
        {"name": "Island", "at": 1, "kinds": ["North", "South"]},
    ]
    metadata = {
        "mlabs": {"task": "classes", "target": "Species", "classes": ["Gull", "Heron"], "columns": columns}
    }
    described = json.loads(model_json(weights, layers)) | {"userDefinedMetadata": metadata}
    data = struct.pack("<8f", *(-1.0, 1.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0))
    return {"model.json": json.dumps(described).encode(), "weights.bin": data}


@cache
def keras(name: str = "dense_sequential.keras3.keras") -> dict[str, bytes]:
    """A model as real Keras saved it; `lambdas.keras3.keras` is one that is refused."""
    with tempfile.TemporaryDirectory() as folder:
        return {f"net{Path(name).suffix}": model_file(name, Path(folder)).read_bytes()}


class RememberingConverter(Converter):
    """The real one, which remembers what came of which files: tests of rules convert few again and again."""

    known: ClassVar[dict[Any, Any]] = {}

    async def convert(self, files: Mapping[str, Path], target: Path, *how: Any) -> Converted:
        """Convert, or repeat it."""
        said = (*((name, path.read_bytes()) for name, path in sorted(files.items())), *how)
        if said not in self.known:
            made = await super().convert(files, target, *how)
            self.known[said] = made, {name: (target / name).read_bytes() for name in made.files}
        made, written = self.known[said]
        for name, data in written.items():
            (target / name).write_bytes(data)
        return deepcopy(made)


class FailingConverter(Converter):
    """The disk fails while it converts."""

    async def convert(self, *files: Any, **more: Any) -> Converted:
        """Fail."""
        raise OSError("a disk that fails")


def upload(client: Any, files: Mapping[str, bytes], path: str = "models", **fields: str) -> Any:
    """POST files as a form."""
    parts = [("file", (name, data, "application/octet-stream")) for name, data in files.items()]
    return client.post(f"api/v1/{path}", files=parts, data=fields)


@contextmanager
def converting(site: Any) -> Iterator[Any]:
    """A service whose models are converted in the background."""

    async def begin() -> None:
        site.modelling = asyncio.create_task(site.service.modelling.loop.watch())

    async def end() -> None:
        site.modelling.cancel()
        await asyncio.gather(site.modelling, return_exceptions=True)

    loop = site.service.modelling.loop
    loop.interval = 0.05
    asyncio.run_coroutine_threadsafe(begin(), site.loop).result(10)
    yield site
    asyncio.run_coroutine_threadsafe(end(), site.loop).result(10)
