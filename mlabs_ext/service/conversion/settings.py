"""Brings settings into the form of Keras 2, which TensorFlow.js reads; refuses what it would overlook."""

from __future__ import annotations

from typing import Any

from mlabs_ext.service.conversion.graph import Layer
from mlabs_ext.service.conversion.kinds import COMMON, KINDS
from mlabs_ext.service.conversion.refusing import refused

ACTIVATIONS = {
    **{
        name: name
        for name in ("elu", "gelu", "linear", "log_softmax", "mish", "relu", "relu6", "selu", "sigmoid")
    },
    **{name: name for name in ("softmax", "softplus", "softsign", "swish", "tanh", "hard_sigmoid")},
    "silu": "swish",
}
INITIALIZERS = {
    *(
        "Constant",
        "GlorotNormal",
        "GlorotUniform",
        "HeNormal",
        "HeUniform",
        "Identity",
        "LeCunNormal",
        "LeCunUniform",
    ),
    *("Ones", "Orthogonal", "RandomNormal", "RandomUniform", "TruncatedNormal", "VarianceScaling", "Zeros"),
}
OTHERWISE = {"LecunNormal": "LeCunNormal", "LecunUniform": "LeCunUniform", "IdentityInitializer": "Identity"}
OTHERWISE |= {"OrthogonalInitializer": "Orthogonal"}
CONSTRAINTS = {"MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm"}
NUMBERS = {"float16", "bfloat16", "float32", "float64", "half", "mixed_float16", "mixed_bfloat16", "float"}
WHOLE = {"int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"}


def settings_of(layer: Layer, keras: int, notes: list[str]) -> dict[str, Any]:
    """The settings of a layer for TensorFlow.js."""
    kind = KINDS[layer.kind]
    config = _renamed(layer)
    for key, value in config.items():
        if key in kind.only and value not in kind.only[key]:
            raise _unknown(layer, key, value)
        known = key in kind.settings or key in kind.only or key in kind.idle or key in COMMON
        if not known and value not in (None, False):
            raise _unknown(layer, key, value)
    made = {"name": layer.name, "trainable": config.get("trainable", True) is not False}
    made["dtype"] = _dtype(layer, config.get("dtype"))
    for key in kind.settings:
        if key in config:
            made[key] = _setting(layer, key, config[key], keras, notes)
    return made


def _renamed(layer: Layer) -> dict[str, Any]:
    """The names of Keras 2 for what Keras 3 calls otherwise."""
    config = dict(layer.config)
    if "batch_shape" in config:
        config.setdefault("batch_input_shape", config.pop("batch_shape"))
    if layer.kind == "LeakyReLU" and "negative_slope" in config:
        config["alpha"] = config.pop("negative_slope")
    if layer.kind in ("BatchNormalization", "Softmax") and isinstance(config.get("axis"), list):
        if len(config["axis"]) != 1:
            raise _unknown(layer, "axis", config["axis"])
        config["axis"] = config["axis"][0]
    if layer.kind == "PReLU" and layer.config.get("shared_axes") is None:
        config.pop("shared_axes", None)
    return config


def _setting(layer: Layer, key: str, value: Any, keras: int, notes: list[str]) -> Any:
    if key.endswith("activation"):
        return activation(layer, value, keras)
    if key.endswith("_initializer"):
        return _initializer(value)
    if key.endswith("_regularizer"):
        return _regularizer(layer, value, notes)
    if key.endswith("_constraint"):
        return _constraint(layer, value, notes)
    if _is_plain(value):
        return value
    raise _unknown(layer, key, value)


def activation(layer: Layer, value: Any, keras: int) -> str:
    """The name of an activation function."""
    name = _named(value) if value is not None else "linear"
    if name not in ACTIVATIONS or (keras == 3 and name == "hard_sigmoid"):
        wanted = ", ".join(sorted(set(ACTIVATIONS) - {"hard_sigmoid"}))
        raise refused(
            f"{layer.name!r} uses the activation {name!r:.60}, which TensorFlow.js does not have, "
            "or computes "
            f"differently. It has {wanted}.",
            layer.name,
        )
    return ACTIVATIONS[name]


def _named(value: Any) -> str:
    """What a name or a description of Keras 2 or 3 names."""
    if isinstance(value, dict):
        named = value.get("config") if value.get("class_name") == "function" else None
        value = named if isinstance(named, str) else value.get("class_name")
    return value if isinstance(value, str) else repr(value)


def _initializer(value: Any) -> Any:
    """Only training anew asks for it, so one that TensorFlow.js lacks is left to it."""
    name = _named(value)
    name = OTHERWISE.get(name, name)
    name = "".join(part.title() for part in name.split("_")) if name.islower() else name
    config = value.get("config") if isinstance(value, dict) else None
    if name not in INITIALIZERS:
        return None
    kept = ("value", "mean", "stddev", "minval", "maxval", "scale", "mode", "distribution", "gain", "seed")
    plain = {key: config[key] for key in kept if isinstance(config, dict) and _is_plain(config.get(key, {}))}
    if isinstance(plain.get("seed"), bool | float | str | list):
        del plain["seed"]
    if plain.get("distribution") in ("truncated_normal", "untruncated_normal"):
        plain["distribution"] = "normal"
    return {"class_name": name, "config": plain}


def _regularizer(layer: Layer, value: Any, notes: list[str]) -> Any:
    name, config = _named(value), value.get("config") if isinstance(value, dict) else None
    if value is None or not isinstance(config, dict) or name not in ("L1", "L2", "L1L2"):
        if value is not None:
            notes.append(
                f"The regularizer {name!r:.60} of {layer.name!r} is left out: it matters in training only."
            )
        return None
    numbers = {key: config.get(key, 0.0) for key in ("l1", "l2")}
    return {"class_name": "L1L2", "config": {key: value or 0.0 for key, value in numbers.items()}}


def _constraint(layer: Layer, value: Any, notes: list[str]) -> Any:
    name, config = _named(value), value.get("config") if isinstance(value, dict) else None
    if (
        value is None
        or name not in CONSTRAINTS
        or not isinstance(config, dict)
        or not _is_plain(list(config.values()))
    ):
        if value is not None:
            notes.append(
                f"The constraint {name!r:.60} of {layer.name!r} is left out: it matters in training only."
            )
        return None
    return {"class_name": name, "config": config}


def _dtype(layer: Layer, value: Any) -> str:
    """The type of a layer's inputs; TensorFlow.js computes in float32, whatever the policy of the model."""
    if isinstance(value, dict):
        value = value["config"].get("name") if isinstance(value.get("config"), dict) else None
    value = value if isinstance(value, str | None) else repr(value)
    if value is None or value in NUMBERS:
        return "float32"
    if value in WHOLE:
        return "int32"
    if value == "bool":
        return "bool"
    raise refused(
        f"{layer.name!r} takes values of the type {value!r:.60}, and models in TensorFlow.js take "
        "numbers only. "
        "Give the model numbers, by doing before it what the layers for text do.",
        layer.name,
    )


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(_is_plain(item) for item in value)
    return value is None or isinstance(value, int | float | str | bool)


def _unknown(layer: Layer, key: str, value: Any) -> Exception:
    return refused(
        f"{layer.name!r} ({layer.kind}) has {key}={value!r:.80}, which TensorFlow.js does not know. "
        "Build the layer without it, and save the model again.",
        layer.name,
    )
