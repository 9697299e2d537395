"""Records what Keras predicts with each model of the corpus that it loads.

    python tests/support/record_corpus.py CORPUS/models   # with TensorFlow, tf-keras and tensorflowjs

It writes `tests/support/recorded_corpus.json`, which `recorded_models.py` reads. Of the one graph, TensorFlow
itself computes the operation.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

RECORDED = Path(__file__).with_name("recorded_corpus.json")
LAYERS = ("tfjs_abalone", "tfjs_doodle100", "tfjs_layers_embedding")
SAVED = (
    *("fer_emotion_model.hdf5", "keras2_cnn_batchnorm.h5", "keras2_dense_adam.h5"),
    "keras2_simple_lstm.h5",
)


def record(models: Path) -> dict[str, Any]:
    import tf_keras
    from tensorflowjs.converters import load_keras_model

    found = {}
    for name in SAVED:
        found[name] = predicted(tf_keras.models.load_model(models / name, compile=False))
    for name in LAYERS:
        with tempfile.TemporaryDirectory() as folder:
            described = as_keras_reads(shutil.copytree(models / name, Path(folder, name)) / "model.json")
            found[name] = predicted(load_keras_model(str(described)))
    return found | {"tfjs_graph_matmul": multiplied(models / "tfjs_graph_matmul")}


def as_keras_reads(path: Path) -> Path:
    """TensorFlow.js' GRU has no `reset_after`, which Keras takes for true where nothing is said of it."""
    described = json.loads(path.read_text())
    topology = described["modelTopology"].get("model_config", described["modelTopology"])
    for layer in topology["config"]["layers"]:
        if layer["class_name"] == "GRU":
            layer["config"]["reset_after"] = False
    path.write_text(json.dumps(described))
    return path


def predicted(model: Any) -> dict[str, Any]:
    import numpy as np
    import seeded

    (shape,) = [list(it.shape) for it in model.inputs]
    whole = type(model.layers[0]).__name__ == "Embedding"
    given = seeded.given(0, tuple(shape), whole)
    return {"inputs": [[shape, whole]], "outputs": [np.asarray(model(given, training=False)).tolist()]}


def multiplied(folder: Path) -> dict[str, Any]:
    import numpy as np
    import seeded
    import tensorflow as tf

    weights = np.fromfile(folder / "weights.bin", np.float32).reshape(2, 2)
    product = tf.matmul(seeded.given(0, (2, 2), False), weights)
    return {"inputs": [[[2, 2], False]], "outputs": [product.numpy().tolist()]}


if __name__ == "__main__":
    RECORDED.write_text(json.dumps(record(Path(sys.argv[1]))) + "\n")
