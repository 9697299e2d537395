"""Records what real Keras makes of `keras_models.py`: files without their weights, and predictions.

    python tests/support/record_models.py 3 recorded/   # with Keras 3, and TensorFlow below it
    python tests/support/record_models.py 2 recorded/   # with tf-keras, the last of Keras 2

and then `python tests/support/record_models.py pack recorded/`, with Python alone. It writes
`tests/support/recorded_models.json.xz`, from which `recorded_models.py` makes the files anew.
"""

from __future__ import annotations

import json
import lzma
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RECORDED = HERE / "recorded_models.json.xz"
KINDS = {"2": ("keras2.h5", "keras2.keras"), "3": ("keras3.h5", "keras3.keras")}


def record(version: str, folder: Path) -> None:
    import keras_models

    if version == "3":
        import keras
    else:
        import tf_keras as keras
    assert keras.__version__.startswith(version), keras.__version__
    for name, make in keras_models.ARCHITECTURES.items():
        keras.utils.set_random_seed(1)
        keras.backend.clear_session()
        model = make(keras)
        seeds = seeded_weights(model)
        inputs = [[list(it.shape), "int" in str(it.dtype)] for it in model.inputs]
        outputs = predicted(model, inputs)
        for kind in KINDS[version]:
            found = recorded(model, kind, seeds, keras) | {
                "inputs": inputs,
                "outputs": outputs,
                "keras": keras.__version__,
            }
            (folder / f"{name}.{kind}.json").write_text(json.dumps(found))
        print(name, flush=True)


def seeded_weights(model: Any) -> dict[int, Any]:
    """Give the model's weights values by number; those values, and whether they are a variance."""
    import numpy as np
    import seeded

    values = {}
    for number, variable in enumerate(model.weights):
        kind = np.asarray(variable).dtype.kind
        if kind == "f":
            name = getattr(variable, "path", variable.name)
            positive = "variance" in name
            values[number] = seeded.weight(number, tuple(variable.shape), positive), positive
            variable.assign(values[number][0])
    for layer in model.layers:
        # A Normalization computes with what it has made of its weights.
        getattr(layer, "finalize_state", lambda: None)()
    return values


def predicted(model: Any, about: list[Any]) -> list[Any]:
    import numpy as np
    import seeded

    inputs = [seeded.given(number, tuple(shape), whole) for number, (shape, whole) in enumerate(about)]
    made = model(inputs if len(inputs) > 1 else inputs[0], training=False)
    return [np.asarray(it).tolist() for it in (made if isinstance(made, list | tuple) else [made])]


def recorded(model: Any, kind: str, seeds: dict[int, Any], keras: Any) -> dict[str, Any]:
    """What the file holds that Keras saves."""
    import h5py

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"model.{kind.split('.')[1]}")
        model.save(path)
        if path.suffix == ".h5":
            with h5py.File(path) as file:
                return {"tree": tree(file, seeds)}
        with zipfile.ZipFile(path) as archive:
            texts = {name: archive.read(name).decode() for name in ("config.json", "metadata.json")}
            weights = Path(archive.extract("model.weights.h5", folder))
            with h5py.File(weights) as file:
                return {"texts": texts, "tree": tree(file, seeds)}


def tree(file: Any, seeds: dict[int, Any]) -> list[Any]:
    """Groups with their attributes, and datasets with the number of their weight, or their values."""
    import h5py
    import numpy as np

    def attributes(node: Any) -> dict[str, Any]:
        found = {}
        for name, value in node.attrs.items():
            value, variable = np.asarray(value), np.asarray(value).dtype.kind == "O"
            text = value.dtype.kind in "SO" and value.ndim == 0
            listed = [it.decode() if isinstance(it, bytes) else it for it in np.ravel(value).tolist()]
            found[name] = listed[0] if text else listed if value.ndim else value.item()
            if variable and not text:
                found[name] = {"texts": listed}
        return found

    nodes: list[Any] = [["", attributes(file)]]

    def visit(name: str, node: Any) -> None:
        if isinstance(node, h5py.Group):
            nodes.append([name, attributes(node)])
            return
        values = node[()]
        seed = next((number for number, (it, _) in seeds.items() if np.array_equal(it, values)), None)
        held = {"values": np.asarray(values).tolist()}
        if seed is not None:
            held = {"seed": seed, "positive": seeds[seed][1]}
        nodes.append([name, {"shape": list(node.shape), "dtype": str(node.dtype), **held}])

    file.visititems(visit)
    return nodes


def pack(folder: Path) -> None:
    found = {
        path.name.removesuffix(".json"): json.loads(path.read_text())
        for path in sorted(folder.glob("*.json"))
    }
    text = json.dumps(found, separators=(",", ":")).encode()
    RECORDED.write_bytes(lzma.compress(text, preset=9 | lzma.PRESET_EXTREME))
    print(f"{len(found)} files, {len(text)} bytes, {RECORDED.stat().st_size} packed")


if __name__ == "__main__":
    what, where = sys.argv[1], Path(sys.argv[2])
    where.mkdir(exist_ok=True)
    pack(where) if what == "pack" else record(what, where)
