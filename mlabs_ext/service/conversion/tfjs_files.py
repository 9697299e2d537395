"""Reads `model.json` and its shards, and holds them against each other: each byte belongs to one array."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from mlabs_ext.errors import TooLarge
from mlabs_ext.service.conversion.arrays import Array
from mlabs_ext.service.conversion.reading import parsed
from mlabs_ext.service.conversion.refusing import damaged, refused
from mlabs_ext.service.sizes import spoken

MODEL = "model.json"
LONGEST_TEXT = 32 << 20
TYPES = {"float32": "<f4", "int32": "<i4", "bool": "u1"}
QUANTIZED = {"float16": "<f2", "uint8": "u1", "uint16": "<u2"}
MOST_AXES = 8


class TfjsFiles:
    """`described` is the JSON; all arrays together may take `limit` bytes in memory."""

    def __init__(self, files: Mapping[str, Path], limit: int):
        self._files, self._limit, self._left = files, limit, limit
        if files[MODEL].stat().st_size > LONGEST_TEXT:
            raise TooLarge(f"model.json is larger than {spoken(LONGEST_TEXT)}.")
        self.described = parsed(files[MODEL].read_bytes())
        topology = self.described.get("modelTopology")
        if not isinstance(topology, dict):
            raise refused(
                "This model.json has no modelTopology: it is not what `model.save` of "
                "TensorFlow.js, or its converter, "
                "writes. Save the model with one of them, and upload model.json with all files beside it."
            )
        self.topology: dict[str, Any] = topology
        self.arrays = self._arrays()

    @property
    def is_graph(self) -> bool:
        """Whether it is a graph of operations, not layers."""
        return self.described.get("format") == "graph-model" or isinstance(self.topology.get("node"), list)

    @property
    def metadata(self) -> dict[str, Any]:
        """What whoever saved it says of its numbers, as the trainer does: it is handed on as it is."""
        found = self.described.get("userDefinedMetadata")
        return found if isinstance(found, dict) else {}

    @property
    def parameters(self) -> int:
        """How many numbers the weights are."""
        return sum(array.size for array in self.arrays.values())

    def _arrays(self) -> dict[str, Array]:
        manifest = self.described.get("weightsManifest")
        if not isinstance(manifest, list) or not all(isinstance(group, dict) for group in manifest):
            raise damaged("model.json does not say where the weights lie")
        for group in manifest:
            group["paths"] = [_beside(path) for path in _list(group, "paths")]
        self._check_files(manifest)
        found: dict[str, Array] = {}
        for group in manifest:
            for name, array in self._group(group):
                if name in found:
                    raise damaged(f"model.json names the weights {name!r:.100} twice")
                found[name] = array
        return found

    def _check_files(self, manifest: list[dict[str, Any]]) -> None:
        named = [path for group in manifest for path in group["paths"]]
        if len(set(named)) != len(named):
            raise damaged("model.json names a file of weights twice")
        here = set(self._files) - {MODEL}
        if missing := sorted(set(named) - here):
            raise refused(
                f"model.json asks for {missing[0]!r:.100}, which was not uploaded. Upload it with "
                "all the files that "
                "lie beside it, under the names that they have."
            )
        if extra := sorted(here - set(named)):
            raise refused(
                f"model.json does not name {extra[0]!r:.100}: upload only the files that belong to it."
            )

    def _group(self, group: dict[str, Any]) -> Iterator[tuple[str, Array]]:
        run = _Run([self._files[path] for path in group["paths"]])
        place = 0
        for entry in _list(group, "weights"):
            name, array, size = self._entry(entry, run, place)
            place += size
            # What an optimizer remembers is no part of the model.
            if entry.get("group") != "optimizer":
                yield name, array
        if place != run.size:
            raise damaged(f"its files hold {run.size} bytes of weights, and model.json describes {place}")

    def _entry(self, entry: Any, run: _Run, place: int) -> tuple[str, Array, int]:
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            raise damaged("model.json has weights without a name")
        name, shape, dtype = entry["name"], entry.get("shape"), entry.get("dtype")
        if not isinstance(shape, list) or len(shape) > MOST_AXES or not all(_is_size(axis) for axis in shape):
            raise damaged(f"the weights {name!r:.100} have no shape that weights can have")
        how = entry.get("quantization")
        stored = how.get("dtype") if isinstance(how, dict) else dtype
        kinds = QUANTIZED if how is not None else TYPES
        if dtype not in TYPES or stored not in kinds or (how is not None and dtype != "float32"):
            raise refused(
                f"The weights {name!r:.100} are of the type {stored or dtype!r:.40}, which is not converted."
            )
        type_ = np.dtype(kinds[stored])
        size = prod(shape) * type_.itemsize
        self._left -= prod(shape) * 4
        if self._left < 0:
            raise TooLarge(f"The weights of this model take more than {spoken(self._limit)}, the limit here.")
        scale, low = (_number(how, key, other) for key, other in (("scale", 1.0), ("min", 0.0)))

        def read() -> np.ndarray:
            values = np.frombuffer(run.read(place, size), type_).reshape(shape)
            if how is None:
                return values.astype(bool) if dtype == "bool" else values
            return (values.astype(np.float32) * np.float32(scale) + np.float32(low)).astype(np.float32)

        return name, Array(tuple(shape), {"float32": "f", "int32": "i", "bool": "b"}[dtype], read), size


class _Run:
    """Files that are one after the other."""

    def __init__(self, paths: list[Path]):
        self._parts = [(path, path.stat().st_size) for path in paths]
        self.size = sum(size for _, size in self._parts)

    def read(self, place: int, size: int) -> bytes:
        found = bytearray()
        for path, length in self._parts:
            if place < length and len(found) < size:
                with path.open("rb") as file:
                    file.seek(place)
                    found += file.read(min(length - place, size - len(found)))
                place = length
            place -= length
        if len(found) != size:
            raise damaged("its files hold fewer bytes than model.json describes")
        return bytes(found)


def _list(group: dict[str, Any], key: str) -> list[Any]:
    found = group.get(key)
    if not isinstance(found, list):
        raise damaged(f"model.json has a group of weights without {key}")
    return found


def _beside(path: Any) -> str:
    """The name of a file of weights: `model.save` writes `./model.weights.bin`."""
    if not isinstance(path, str):
        raise damaged("model.json names a file of weights by what is no text")
    return path.removeprefix("./")


def _is_size(axis: Any) -> bool:
    return isinstance(axis, int) and not isinstance(axis, bool) and 0 <= axis < 1 << 32


def _number(how: Any, key: str, other: float) -> float:
    value = how.get(key, other) if isinstance(how, dict) else other
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise damaged(f"weights in it have a {key} that is no number")
    return float(value)
