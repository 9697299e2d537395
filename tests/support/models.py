"""Small models of TensorFlow.js, a converter that stands in for the real one, and eyes on the queue."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mlabs_ext.errors import Unusable
from mlabs_ext.service.convert import Converted, Converter
from mlabs_ext.service.tfjs_files import pass_on


def dense(name: str, units: int, **more: Any) -> dict[str, Any]:
    """A Dense layer as Keras 2 writes it."""
    return {"class_name": "Dense", "config": {"name": name, "units": units, "activation": "linear", **more}}


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


class StandInConverter(Converter):
    """Takes every Keras file for the doubling model, but for those that say what is wrong with them."""

    async def convert(self, files: Mapping[str, Path], target: Path) -> Converted:
        """Convert without looking."""
        if "model.json" in files:
            return await super().convert(files, target)
        (file,) = files.values()
        said = file.read_bytes()
        if said.startswith(b"refuse: "):
            raise Unusable(said[8:].decode(), "model_refused", {"layer": "lambda"})
        if said.startswith(b"break"):
            raise OSError("a disk that fails")
        made = target / "model.json"
        sources = {}
        for name, data in doubling().items():
            sources[name] = target.parent / name
            sources[name].write_bytes(data)
        known = pass_on(sources, target)
        assert made.is_file()
        return Converted(**known | {"format": "keras", "notes": ["The layer Rescaling became two."]})


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
    loop.converter, loop.interval = StandInConverter(), 0.05
    asyncio.run_coroutine_threadsafe(begin(), site.loop).result(10)
    yield site
    asyncio.run_coroutine_threadsafe(end(), site.loop).result(10)
