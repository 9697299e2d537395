"""Writes multi-head attention as the Dense, Dot and Softmax layers that it is made of."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np

from mlabs_ext.service.conversion.arrays import Array, made
from mlabs_ext.service.conversion.graph import Call, Layer, Ref
from mlabs_ext.service.conversion.refusing import damaged, refused

MOST_HEADS = 64
ARGUMENTS = ("query", "value", "key")


def attention(layer: Layer, notes: list[str]) -> list[Layer]:
    """The layers that take the place of one; the last of them joins the heads, under its name."""
    heads = _check(layer)
    inputs = [_inputs(layer, call) for call in layer.calls]
    parts: list[Layer] = []
    ends = [_head(layer, number, inputs, parts) for number in range(heads)]
    joined = ends[0]
    if heads > 1:
        joined = _step(layer, "joined", "Concatenate", {"axis": -1}, *ends)
        parts.append(joined)
    output = _step(layer, "output", "Dense", {}, joined)
    output.name = layer.name
    kernel, *bias = _projection(layer, 3)
    rows = kernel.shape[0] * kernel.shape[1]
    output.weights = [made(kernel, (rows, kernel.shape[2]), lambda values: values.reshape(rows, -1)), *bias]
    output.config |= {"units": kernel.shape[2], "use_bias": bool(bias)}
    notes.append(
        f"{layer.name!r} (MultiHeadAttention) is computed by {len(parts) + 1} layers, with the same results."
    )
    return [*parts, output]


def _check(layer: Layer) -> int:
    config, heads = layer.config, layer.config.get("num_heads")
    if (
        not isinstance(heads, int)
        or not 0 < heads <= MOST_HEADS
        or not isinstance(config.get("key_dim"), int)
    ):
        raise refused(f"{layer.name!r} has more than {MOST_HEADS} heads, the limit here.", layer.name)
    if not layer.calls:
        raise damaged(f"{layer.name!r} is called with nothing")
    unusual = [key for key in ("use_gate", "sliding_window") if config.get(key)]
    kernels = [_projection(layer, number)[0] for number in range(4)]
    if (
        unusual
        or config.get("attention_axes") not in (None, [1])
        or any(len(it.shape) != 3 for it in kernels)
    ):
        raise refused(
            f"{layer.name!r} attends in a way that is not converted "
            f"({', '.join(unusual) or 'axes or shapes'}). "
            "Plain attention over one axis is: build it so, and save the model again.",
            layer.name,
        )
    if {kernel.shape[1] for kernel in kernels[:3]} | {kernels[3].shape[0]} != {heads}:
        raise damaged(f"{layer.name!r} has weights for another number of heads")
    return heads


def _inputs(layer: Layer, call: Call) -> dict[str, Ref]:
    found = dict(zip(ARGUMENTS, call.tensors, strict=False)) | call.named
    if set(found) - set(ARGUMENTS) or not {"query", "value"} <= set(found):
        raise refused(
            f"{layer.name!r} is called with "
            f"{', '.join(sorted(set(found) - set(ARGUMENTS))) or 'too little'}: only "
            "query, value and key can be converted, and no masks. Call it with these, and save "
            "the model again.",
            layer.name,
        )
    return {"key": found["value"], **found}


def _projection(layer: Layer, number: int) -> list[Array]:
    """Kernel and bias, if there is one, of the query's, key's, value's or output's Dense."""
    each = len(layer.weights) // 4
    return layer.weights[number * each : (number + 1) * each]


def _head(layer: Layer, head: int, inputs: list[dict[str, Ref]], parts: list[Layer]) -> Layer:
    """Add the layers of one head; the last of them."""
    made_of = {}
    for number, name in enumerate(("query", "key", "value")):
        dense = _dense(layer, f"{name}_{head}", number, head)
        dense.calls = [Call([found[name]]) for found in inputs]
        made_of[name] = dense
    scores = _step(layer, f"scores_{head}", "Dot", {"axes": [2, 2]}, made_of["query"], made_of["key"])
    shares = _step(layer, f"shares_{head}", "Softmax", {"axis": -1}, scores)
    parts += [*made_of.values(), scores, shares]
    if layer.config.get("dropout"):
        shares = _step(layer, f"dropout_{head}", "Dropout", {"rate": layer.config["dropout"]}, shares)
        parts.append(shares)
    parts.append(_step(layer, f"head_{head}", "Dot", {"axes": [2, 1]}, shares, made_of["value"]))
    return parts[-1]


def _dense(layer: Layer, what: str, number: int, head: int) -> Layer:
    # Keras divides the query by the root of the key's size; its weights are so divided once.
    factor = np.float32(1 / sqrt(layer.config["key_dim"]) if number == 0 else 1)
    kernel, *bias = _projection(layer, number)
    shape = (kernel.shape[0], kernel.shape[2])
    weights = [made(kernel, shape, lambda values: values[:, head] * factor)]
    weights += [made(array, shape[1:], lambda values: values[head] * factor) for array in bias]
    dense = _step(layer, what, "Dense", {"units": shape[1], "use_bias": bool(bias)})
    dense.weights = weights
    return dense


def _step(layer: Layer, what: str, kind: str, config: dict[str, Any], *before: Layer) -> Layer:
    name = f"{layer.name}.{what}"
    calls = [Call([Ref(part.name, number) for part in before]) for number in range(len(layer.calls))]
    return Layer(name, kind, {"trainable": layer.config.get("trainable", True), **config}, calls)
