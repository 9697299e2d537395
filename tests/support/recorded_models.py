"""Models as real Keras saved them: files that are made anew from what `record_models.py` recorded."""

from __future__ import annotations

import json
import lzma
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from support import seeded

RECORDED = Path(__file__).with_name("recorded_models.json.xz")
OF_CORPUS = Path(__file__).with_name("recorded_corpus.json")


@cache
def recorded() -> dict[str, Any]:
    """All of them, by architecture and kind: `lstm.keras3.h5`."""
    return json.loads(lzma.decompress(RECORDED.read_bytes()))


def model_file(name: str, folder: Path) -> Path:
    """Write one as a file."""
    found, path = recorded()[name], folder / name
    if path.suffix == ".h5":
        write_tree(path, found["tree"])
        return path
    weights = folder / f"{name}.weights"
    write_tree(weights, found["tree"])
    with zipfile.ZipFile(path, "w") as archive:
        for member, text in found["texts"].items():
            archive.writestr(member, text)
        archive.write(weights, "model.weights.h5")
    weights.unlink()
    return path


def write_tree(path: Path, tree: list[Any]) -> None:
    """Write an HDF5 file."""
    with h5py.File(path, "w") as file:
        for name, about in tree:
            if "dtype" in about:
                file.create_dataset(name, data=_values(about), dtype=about["dtype"])
                continue
            group = file.require_group(name) if name else file
            for key, value in about.items():
                group.attrs[key] = _attribute(value)


def _attribute(value: Any) -> Any:
    """Keras 2 writes texts of one length, Keras 3 of any."""
    if isinstance(value, dict):
        return np.array(value["texts"], dtype=h5py.string_dtype())
    return np.array(value, dtype="S") if isinstance(value, list) and value else value


def _values(about: dict[str, Any]) -> np.ndarray:
    if "seed" in about:
        return seeded.weight(about["seed"], tuple(about["shape"]), about["positive"])
    return np.array(about["values"], dtype=about["dtype"])


def predictions(name: str) -> dict[str, Any]:
    """What the real model predicted, and of what."""
    return _predictions(recorded()[name])


def corpus_predictions(name: str) -> dict[str, Any]:
    """The same of a model of the corpus."""
    return _predictions(json.loads(OF_CORPUS.read_text(encoding="utf-8"))[name])


def _predictions(found: dict[str, Any]) -> dict[str, Any]:
    values = [
        seeded.given(number, tuple(shape), whole) for number, (shape, whole) in enumerate(found["inputs"])
    ]
    return {"inputs": [it.tolist() for it in values], "outputs": found["outputs"]}
