"""Which arrays of numbers each layer of Keras keeps, in what order: not all files have names for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mlabs_ext.service.conversion.graph import Layer
from mlabs_ext.service.conversion.kinds import KINDS
from mlabs_ext.service.conversion.refusing import refused
from mlabs_ext.service.conversion.rewrites import REWRITES

PROJECTIONS = ("query", "key", "value", "output")
STATISTICS = ("moving_mean", "moving_variance")


def names_of(layer: Layer) -> tuple[str, ...]:
    """The names of a layer's own arrays, in Keras' order; refuses a layer that cannot be converted."""
    config = layer.config
    if layer.kind == "Bidirectional" and isinstance(layer.inner, Layer):
        inner = names_of(layer.inner)
        return (*(f"forward_{name}" for name in inner), *(f"backward_{name}" for name in inner))
    if layer.kind == "TimeDistributed" and isinstance(layer.inner, Layer):
        return () if layer.inner.model else names_of(layer.inner)
    if layer.model:
        return ()
    if layer.kind in SPECIAL:
        return SPECIAL[layer.kind](config)
    if layer.kind in KINDS:
        return KINDS[layer.kind].weights(config)
    if layer.kind in REWRITES:
        return ()
    raise _unknown(layer)


def _bias(config: dict[str, Any], *names: str) -> tuple[str, ...]:
    return (*names, "bias") if config.get("use_bias", True) else names


def _attention(config: dict[str, Any]) -> tuple[str, ...]:
    parts = _bias(config, "kernel")
    return tuple(f"{name}_{part}" for name in PROJECTIONS for part in parts)


def _normalization(config: dict[str, Any]) -> tuple[str, ...]:
    return () if config.get("mean") is not None else ("mean", "variance", "count")


SPECIAL: dict[str, Callable[[dict[str, Any]], tuple[str, ...]]] = {
    "MultiHeadAttention": _attention,
    "Normalization": _normalization,
    "SeparableConv1D": lambda config: _bias(config, "depthwise_kernel", "pointwise_kernel"),
    "DepthwiseConv1D": lambda config: _bias(config, "depthwise_kernel"),
}


def _unknown(layer: Layer) -> Exception:
    if layer.kind == "Lambda":
        return refused(
            f"{layer.name!r} is a Lambda layer: its function is Python code, which is never run "
            "here and does not "
            "exist in TensorFlow.js. Replace it by layers (Rescaling, Add, Multiply, …), and "
            "save the model again.",
            layer.name,
        )
    if layer.kind in ("TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer"):
        return refused(
            f"{layer.name!r} is a calculation that was written between layers, with an operator or tf.… "
            "TensorFlow.js has layers only: use the layer for it (Add, Multiply, Rescaling, …), "
            "and save again.",
            layer.name,
        )
    return refused(
        f"{layer.name!r} is of the kind {layer.kind!r:.60}, which TensorFlow.js does not have, or "
        "which is a layer of "
        "your own. Replace it by one of Keras' layers that it has, and save the model again.",
        layer.name,
    )
