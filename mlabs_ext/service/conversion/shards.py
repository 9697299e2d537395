"""Writes weights as TensorFlow.js loads them: a run of bytes, cut into files, and what lies where."""

from __future__ import annotations

from collections.abc import Iterable
from io import BufferedWriter
from pathlib import Path
from typing import Any

import numpy as np

from mlabs_ext.errors import TooLarge
from mlabs_ext.service.conversion.arrays import Array
from mlabs_ext.service.conversion.refusing import refused
from mlabs_ext.service.sizes import spoken

# As TensorFlow.js' own converter cuts them: browsers load a few at once, and keep each.
SHARD = 4 << 20
STORAGES = ("float32", "float16", "uint8")


class Shards:
    """Writes into a folder, and never more than `limit` bytes."""

    def __init__(self, folder: Path, storage: str, limit: int):
        self._folder, self._storage, self._limit = folder, storage, limit
        self._files: list[Path] = []
        self._room = self._written = 0
        self._file: BufferedWriter | None = None

    def write(self, weights: Iterable[tuple[str, Array]]) -> list[dict[str, Any]]:
        """Write them all; the manifest of `model.json`."""
        try:
            entries = [self._entry(name, array) for name, array in weights]
        finally:
            if self._file:
                self._file.close()
        total = len(self._files)
        paths = [
            path.rename(self._folder / f"group1-shard{number}of{total}.bin").name
            for number, path in enumerate(self._files, 1)
        ]
        return [{"paths": paths, "weights": entries}]

    def _entry(self, name: str, array: Array) -> dict[str, Any]:
        values = array.stored()
        if not np.isfinite(values).all():
            raise refused(
                f"The weights {name!r:.100} hold values that are no numbers (NaN or infinite): train again."
            )
        entry: dict[str, Any] = {"name": name, "shape": list(array.shape), "dtype": array.dtype}
        if array.dtype == "float32" and self._storage != "float32":
            values, how = quantized(values, self._storage)
            entry["quantization"] = {"dtype": self._storage, "original_dtype": "float32", **how}
        self._put(values.reshape(-1).view(np.uint8))
        return entry

    def _put(self, data: np.ndarray) -> None:
        self._written += data.size
        if self._written > self._limit:
            raise TooLarge(f"The weights of this model take more than {spoken(self._limit)}, the limit here.")
        rest = data.data
        while len(rest):
            if self._file is None or not self._room:
                self._file = self._next()
            taken = rest[: self._room]
            self._file.write(taken)
            self._room -= len(taken)
            rest = rest[len(taken) :]

    def _next(self) -> BufferedWriter:
        if self._file:
            self._file.close()
        self._files.append(self._folder / f"group1-shard{len(self._files) + 1}.part")
        self._room = SHARD
        return self._files[-1].open("xb")


def quantized(values: np.ndarray, storage: str) -> tuple[np.ndarray, dict[str, float]]:
    """Numbers in fewer bytes; what TensorFlow.js needs to make them again."""
    if storage == "float16":
        largest = np.finfo(np.float16).max
        return np.clip(values, -largest, largest).astype("<f2"), {}
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
    if low == high:
        return np.zeros(values.shape, np.uint8), {"scale": 1.0, "min": low}
    scale = (high - low) / 255
    if low <= 0 <= high:
        # Zero stays zero: much of a network is.
        low = -round(-low / scale) * scale
    return np.clip(np.rint((values - low) / scale), 0, 255).astype(np.uint8), {"scale": scale, "min": low}
