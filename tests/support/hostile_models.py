"""Small models, attacks to write into them, and what becomes of them where they are converted."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from mlabs_ext.service.conversion.__main__ import answer
from mlabs_ext.service.conversion.task import Answer, Task

LIMIT = 64 << 20


def dense(**settings: Any) -> dict[str, Any]:
    config = {"name": "dense", "units": 2, "activation": "linear", "use_bias": True, **settings}
    return {"class_name": "Dense", "config": config}


def sequence(*layers: Any) -> dict[str, Any]:
    first = {
        "class_name": "InputLayer",
        "config": {"name": "in", "batch_input_shape": [None, 3], "dtype": "float32"},
    }
    return {"class_name": "Sequential", "config": {"name": "model", "layers": [first, *layers]}}


def saved(
    path: Path,
    described: str | dict[str, Any],
    write: Callable[[h5py.Group], None] | None = None,
    name: str = "dense",
) -> Path:
    """An `.h5` of Keras 2 with one layer; `write` puts the weights, or something else, into its group."""
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = "2.15.0"
        file.attrs["model_config"] = described if isinstance(described, str) else json.dumps(described)
        weights = file.create_group("model_weights")
        group = weights.create_group(name)
        group.attrs["weight_names"] = np.array(["dense/kernel:0", "dense/bias:0"], dtype="S")
        (write or whole)(group)
    return path


def whole(group: h5py.Group) -> None:
    group["dense/kernel:0"] = np.ones((3, 2), np.float32)
    group["dense/bias:0"] = np.ones(2, np.float32)


def converted(folder: Path, path: Path, *more: Path) -> tuple[Answer, list[str]]:
    target = folder / "made"
    target.mkdir(exist_ok=True)
    made = answer(Task({it.name: str(it) for it in (path, *more)}, str(target), LIMIT))
    return made, sorted(it.name for it in target.iterdir())


def refused(folder: Path, path: Path, *more: Path) -> str:
    made, left = converted(folder, path, *more)
    assert made.failed, "it was taken"
    assert (made.failed.code, made.failed.status) in {("model_refused", 422), ("too_large", 413)}
    assert "model.json" not in left
    return made.failed.message


def keras(
    path: Path,
    config: dict[str, Any] | None = None,
    weights: bytes = b"",
    compression: int = zipfile.ZIP_STORED,
    **more: bytes,
) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.9.0"}))
        archive.writestr("config.json", json.dumps(config or sequence(dense())))
        archive.writestr("model.weights.h5", weights)
        for name, data in more.items():
            archive.writestr(name, data)
    return path


def tfjs(
    folder: Path,
    entries: list[Any],
    size: int,
    paths: Sequence[str] = ("a.bin",),
    topology: dict[str, Any] | None = None,
) -> list[Path]:
    folder.mkdir(exist_ok=True)
    described = {
        "modelTopology": topology or sequence(dense()),
        "weightsManifest": [{"paths": list(paths), "weights": entries}],
    }
    (folder / "model.json").write_text(json.dumps(described))
    (folder / "a.bin").write_bytes(bytes(size))
    return sorted(folder.iterdir())


def soft_circle(group: h5py.Group) -> None:
    group["dense"] = h5py.SoftLink(f"{group.name}/again")
    group["again"] = h5py.SoftLink(f"{group.name}/dense")


def larger_than_the_file(group: h5py.Group) -> None:
    group.create_dataset("dense/kernel:0", (1 << 20, 1 << 20), np.float32, chunks=(1024, 1024))
    group["dense/bias:0"] = np.ones(2, np.float32)


def bomb(group: h5py.Group) -> None:
    zeros = np.zeros((1 << 10, 20 << 10), np.float32)
    group.create_dataset("dense/kernel:0", data=zeros, compression="gzip", chunks=(1 << 10, 1 << 10))
    group["dense/bias:0"] = np.ones(2, np.float32)
