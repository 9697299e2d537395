"""What comes out of the most common layers, given what goes in; None of all the others."""

from __future__ import annotations

import math
from typing import Any

Shape = list[int | None]
# What goes in comes out.
SAME = frozenset(
    (
        *("Activation", "ActivityRegularization", "AlphaDropout", "BatchNormalization", "Dropout", "ELU"),
        *("GaussianDropout", "GaussianNoise", "LayerNormalization", "LeakyReLU", "Masking", "PReLU", "ReLU"),
        *("Rescaling", "Softmax", "SpatialDropout1D", "SpatialDropout2D", "ThresholdedReLU"),
        "UnitNormalization",
    )
)
MERGING = frozenset(["Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract"])
RECURRENT = frozenset(["GRU", "LSTM", "SimpleRNN"])


def shape_after(kind: str, config: dict[str, Any], before: list[Shape | None]) -> Shape | None:
    """The shape, the number of examples first; `before` are those of the layers before this one."""
    shape = before[0]
    if kind == "InputLayer" or kind in SAME:
        return shape
    if shape is None:
        return None
    if kind in MERGING:
        return max(before, key=lambda one: len(one or ()))
    if kind == "Concatenate":
        return _concatenated(config.get("axis", -1), before)
    if "Conv" in kind or "Pooling" in kind:
        return _windows(kind, config, shape)
    return _plain(kind, config, shape)


def _plain(kind: str, config: dict[str, Any], shape: Shape) -> Shape | None:
    if kind == "Dense":
        return [*shape[:-1], config["units"]]
    if kind == "Embedding":
        return [*shape, config["output_dim"]]
    if kind in RECURRENT:
        return (
            [*shape[:2], config["units"]] if config.get("return_sequences") else [shape[0], config["units"]]
        )
    if kind == "Flatten":
        rest = shape[1:]
        return [shape[0], None if None in rest else math.prod(size for size in rest if size is not None)]
    if kind == "Reshape":
        return [shape[0], *(None if size == -1 else size for size in config["target_shape"])]
    if kind == "RepeatVector":
        return [shape[0], config["n"], *shape[1:]]
    if kind == "Permute":
        return [shape[0], *(shape[dim] for dim in config["dims"])]
    return None


def _concatenated(axis: int, before: list[Shape | None]) -> Shape | None:
    known = [shape for shape in before if shape is not None]
    if len(known) < len(before):
        return None
    sizes = [shape[axis] for shape in known]
    made = list(known[0])
    made[axis] = None if None in sizes else sum(size for size in sizes if size is not None)
    return made


def _windows(kind: str, config: dict[str, Any], shape: Shape) -> Shape | None:
    """Convolutions and poolings whose channels come last."""
    if (
        config.get("data_format") not in (None, "channels_last")
        or "Transpose" in kind
        or kind == "ConvLSTM2D"
    ):
        return None
    channels = _channels(kind, config, shape[-1])
    if kind.startswith("Global"):
        kept: Shape = [1] * (len(shape) - 2) if config.get("keepdims") else []
        return [shape[0], *kept, channels]
    sizes = shape[1:-1]
    window = _each(config.get("kernel_size", config.get("pool_size", 2)), len(sizes))
    pooling = "Pooling" in kind
    strides = _each(config.get("strides") or (window if pooling else 1), len(sizes))
    spread = _each(config.get("dilation_rate") or 1, len(sizes))
    same = config.get("padding") in ("same", "causal")
    made = [_moved(*one, same) for one in zip(sizes, window, strides, spread, strict=True)]
    return [shape[0], *made, channels]


def _channels(kind: str, config: dict[str, Any], before: int | None) -> int | None:
    if "Pooling" in kind:
        return before
    if kind == "DepthwiseConv2D":
        return None if before is None else before * config.get("depth_multiplier", 1)
    return config["filters"]


def _moved(size: int | None, window: int, stride: int, spread: int, same: bool) -> int | None:
    if size is None:
        return None
    reach = 1 if same else (window - 1) * spread + 1
    return -(-(size - reach + 1) // stride)


def _each(value: Any, count: int) -> list[int]:
    return [int(one) for one in value] if isinstance(value, list | tuple) else [int(value)] * count
