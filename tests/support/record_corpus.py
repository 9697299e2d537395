"""Records what Keras predicts with each model of the corpus that it loads.

    python tests/support/record_corpus.py CORPUS/models   # with TensorFlow, tf-keras and tensorflowjs

It writes `tests/support/recorded_corpus.json`, which `recorded_models.py` reads. Of the one graph, TensorFlow
itself computes the operation.
"""

from __future__ import annotations

import json
import sys
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
        found[name] = predicted(load_keras_model(str(models / name / "model.json")))
    return found | {"tfjs_graph_matmul": multiplied(models / "tfjs_graph_matmul")}


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
