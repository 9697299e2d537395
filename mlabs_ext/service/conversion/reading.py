"""Reads the JSON in which Keras 2 and 3 describe a model; refuses what is not made of Keras' own layers."""

from __future__ import annotations

import json
import re
from typing import Any

from mlabs_ext.service.conversion.calls import calls_of, references, settled
from mlabs_ext.service.conversion.graph import Layer, Model
from mlabs_ext.service.conversion.masks import without_masks
from mlabs_ext.service.conversion.refusing import damaged, refused

MODELS = ("Sequential", "Functional", "Model")
WRAPPERS = ("TimeDistributed", "Bidirectional")
OWN = re.compile(
    r"(tensorflow\.python\.|tensorflow\.|tf_)?keras(\.(src|layers|models|engine|api|_tf_keras)\b.*)?"
)
OPERATIONS = re.compile(r".*\bops\b.*")
MOST_LAYERS = 5000
# What differs between the two runs of a Bidirectional.
LIKE = ("name", "go_backwards", "dtype", "kernel_initializer", "recurrent_initializer", "bias_initializer")


def parsed(text: str | bytes) -> dict[str, Any]:
    """The JSON object that describes a model."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise damaged("its description of the model is not JSON") from error
    if not isinstance(found, dict):
        raise damaged("its description of the model is no object")
    return found


def model_of(described: dict[str, Any], keras: int) -> Model:
    """The model that Keras `keras` (2 or 3) described."""
    kind, config = _kind(described), described.get("config")
    if kind not in MODELS:
        raise refused(
            f"This model is of the class {kind!r:.100}, whose Python code is not in the file. "
            "Only models that are "
            "made of layers (Sequential or Functional) can be converted: rebuild it as one, and "
            "copy the weights."
        )
    if isinstance(config, list):
        config = {"name": "sequential", "layers": config}
    if not isinstance(config, dict) or not isinstance(config.get("layers"), list) or not config["layers"]:
        raise damaged("its description names no layers")
    if len(config["layers"]) > MOST_LAYERS:
        raise refused(f"This model has more than {MOST_LAYERS} layers, the limit here.")
    described_layers = without_masks(config["layers"]) if keras == 3 else config["layers"]
    layers = [_layer(item, keras) for item in described_layers]
    _check_names(layers)
    name = str(config.get("name") or described.get("name") or "model")
    if kind == "Sequential":
        return _sequence(name, layers, config, keras)
    model = Model(name, layers, keras, references(config.get("input_layers")))
    model.outputs = references(config.get("output_layers"))
    if not model.inputs or not model.outputs:
        raise damaged("its description names no inputs or no outputs")
    settled(model)
    return model


def _sequence(name: str, layers: list[Layer], config: dict[str, Any], keras: int) -> Model:
    first = layers[0]
    shape = first.config.get("batch_input_shape") or config.get("build_input_shape")
    if first.kind != "InputLayer" and first.model is None:
        if not isinstance(shape, list):
            raise refused(
                "This model was saved before it knew the shape of its inputs. Add "
                "`keras.Input(shape=…)` as its first "
                "layer, or call it once, and save it again.",
                first.name,
            )
        given = {"batch_input_shape": shape, "dtype": first.config.get("dtype")}
        layers = [Layer(f"{first.name}_input", "InputLayer", given), *layers]
    return Model(name, layers, keras)


def _layer(item: Any, keras: int) -> Layer:
    if not isinstance(item, dict) or not isinstance(item.get("config"), dict | list):
        raise damaged("its description has a layer without settings")
    kind, config = _kind(item), item["config"]
    name = item.get("name") or (config.get("name") if isinstance(config, dict) else None) or kind.lower()
    if not isinstance(name, str) or not 0 < len(name) <= 200 or "/" in name:
        raise damaged("a layer of it has no name, or one that no layer can have")
    _check_origin(item, kind, name)
    layer = Layer(name, kind, config if isinstance(config, dict) else {}, takes=_takes(item))
    if kind in MODELS:
        layer.inner = model_of(item, keras)
    elif kind in WRAPPERS:
        layer.inner = _layer(layer.config.get("layer"), keras)
        _check_backward(layer)
    layer.calls = calls_of(item.get("inbound_nodes") or [], name)
    return layer


def _check_backward(layer: Layer) -> None:
    """Both runs of a Bidirectional are made from one description: one that differs cannot be told."""
    back = layer.config.get("backward_layer")
    if layer.kind != "Bidirectional" or back is None:
        return
    there, here = (item.get("config") for item in (layer.config["layer"], back))
    if not isinstance(here, dict) or _plainly(there) != _plainly(here):
        raise refused(
            f"{layer.name!r} runs backward by another layer than forward, which TensorFlow.js cannot. "
            "Leave `backward_layer` out, and save the model again.",
            layer.name,
        )


def _plainly(config: dict[str, Any]) -> dict[str, Any]:
    """What makes a layer compute as it does."""
    return {key: value for key, value in config.items() if not isinstance(value, dict) and key not in LIKE}


def _takes(item: dict[str, Any]) -> list[int | None] | None:
    built = item.get("build_config")
    shape = built.get("input_shape") if isinstance(built, dict) else None
    return shape if isinstance(shape, list) and all(isinstance(it, int | None) for it in shape) else None


def _kind(item: dict[str, Any]) -> str:
    kind = item.get("class_name")
    if not isinstance(kind, str):
        raise damaged("its description has a layer without a class")
    return kind


def _check_origin(item: dict[str, Any], kind: str, name: str) -> None:
    """Keras 3 says where a class comes from: `x * 2` is a `Multiply` too, and a person's own any name."""
    module, registered = item.get("module"), item.get("registered_name")
    if module is None and registered is None:
        return
    if isinstance(module, str) and OPERATIONS.fullmatch(module):
        raise refused(
            f"{name!r} is a calculation ({kind}) that was written between layers, with an "
            "operator or keras.ops. "
            "TensorFlow.js has layers only: use the layer for it (Add, Multiply, Rescaling, …), "
            "and save again.",
            name,
        )
    own = module in (None, "builtins") or (isinstance(module, str) and OWN.fullmatch(module))
    if not own or (isinstance(registered, str) and ">" in registered):
        raise refused(
            f"{name!r} is a layer of your own ({kind}), whose Python code is not in the file. "
            "Replace it by Keras' "
            "own layers, and save the model again.",
            name,
        )


def _check_names(layers: list[Layer]) -> None:
    seen: set[str] = set()
    for layer in layers:
        if layer.name in seen:
            raise damaged(f"two layers of it are called {layer.name!r}")
        seen.add(layer.name)
