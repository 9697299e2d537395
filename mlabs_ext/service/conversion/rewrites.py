"""Writes layers that TensorFlow.js lacks as those that it has, so that a page needs nothing more.

The last of the layers that take a layer's place has its name, so that nothing else in the model changes.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from mlabs_ext.service.conversion.arrays import Array, made
from mlabs_ext.service.conversion.attention import attention
from mlabs_ext.service.conversion.graph import Call, Layer, Model, Ref
from mlabs_ext.service.conversion.refusing import damaged, refused

Rewrite = Callable[[Layer, list[str]], list[Layer] | None]


def rewritten(model: Model, notes: list[str]) -> None:
    """Rewrite the layers of a model, and of those in it, where that is needed."""
    layers = []
    for layer in model.layers:
        _inside(layer, notes)
        layers += _replaced(layer, notes)
    model.layers = layers


def _inside(layer: Layer, notes: list[str]) -> None:
    if isinstance(layer.inner, Model):
        rewritten(layer.inner, notes)
    elif isinstance(layer.inner, Layer):
        _wrapped(layer, layer.inner, notes)


def _wrapped(layer: Layer, inner: Layer, notes: list[str]) -> None:
    _inside(inner, notes)
    inner.weights = layer.weights
    parts = _replaced(inner, notes)
    if len(parts) > 1:
        raise refused(
            f"{layer.name!r} wraps a {inner.kind}, which TensorFlow.js can only be given as several layers. "
            "Use it outside of the wrapper, and save the model again.",
            layer.name,
        )
    layer.inner = parts[0]
    if not inner.model:
        layer.weights = parts[0].weights


def _replaced(layer: Layer, notes: list[str]) -> list[Layer]:
    rewrite = REWRITES.get(layer.kind)
    return (rewrite(layer, notes) if rewrite else None) or [layer]


def chained(layer: Layer, *parts: Layer) -> list[Layer]:
    """Layers one after the other, in the place of one."""
    parts[-1].name = layer.name
    for before, part in pairwise(parts):
        part.calls = [Call([Ref(before.name, number)]) for number in range(len(layer.calls))]
    parts[0].calls = layer.calls
    return list(parts)


def _each_step(name: str, kind: str, **config: Any) -> Layer:
    inner = Layer(f"{name}.step", kind, {"name": f"{name}.step", **config})
    return Layer(name, "TimeDistributed", {"name": name}, inner=inner)


def _as_image(
    layer: Layer, kind: str, config: dict[str, Any], weights: list[Array], before: Layer | None = None
) -> list[Layer]:
    """A layer on steps as one on images one pixel wide: (steps, values) is (steps, 1, values) in between."""
    raised = _each_step(f"{layer.name}.raised", "RepeatVector", n=1)
    between = [before] if before else []
    image = Layer(f"{layer.name}.image", kind, {**config, "name": f"{layer.name}.image"}, weights=weights)
    return chained(layer, raised, *between, image, _each_step(layer.name, "Flatten"))


def _pair(value: Any, other: int) -> list[int]:
    number = value[0] if isinstance(value, list) and value else value
    if not isinstance(number, int):
        raise damaged("a layer of it has a size that is no number")
    return [number, other]


def _sides(layer: Layer, key: str) -> list[int]:
    value = layer.config.get(key, 1)
    sides = [value, value] if isinstance(value, int) else value
    if not isinstance(sides, list) or len(sides) != 2 or not all(isinstance(side, int) for side in sides):
        raise damaged(f"{layer.name!r} has a {key} that is none")
    return sides


def _wide(array: Array) -> Array:
    """A kernel for steps as one for images one pixel wide."""
    return made(array, (array.shape[0], 1, *array.shape[1:]), lambda values: values[:, np.newaxis])


def _causal(layer: Layer, notes: list[str]) -> list[Layer] | None:
    if layer.config.get("padding") != "causal":
        return None
    return _on_steps(layer, "Conv2D", notes)


def _on_steps(layer: Layer, kind: str, notes: list[str]) -> list[Layer]:
    """A convolution over steps as one over images."""
    config = dict(layer.config)
    size, apart = _pair(config.get("kernel_size"), 1), _pair(config.get("dilation_rate", 1), 1)
    # Across an image one pixel wide any stride does the same, and some kernels want both to be equal.
    config |= {
        "kernel_size": size,
        "dilation_rate": apart,
        "strides": _pair(config.get("strides", 1), 1)[:1] * 2,
    }
    before = None
    if config.get("padding") == "causal":
        config["padding"] = "valid"
        sides = [[(size[0] - 1) * apart[0], 0], [0, 0]]
        before = Layer(f"{layer.name}.before", "ZeroPadding2D", {"padding": sides})
    kernels = 2 if kind == "SeparableConv2D" else 1
    weights = [_wide(array) if number < kernels else array for number, array in enumerate(layer.weights)]
    notes.append(f"{layer.name!r} ({layer.kind}) is computed as a {kind}, with the same results.")
    return _as_image(layer, kind, config, weights, before)


def _normalization(layer: Layer, notes: list[str]) -> list[Layer]:
    """(x - mean) / deviation, in two layers, so that nothing is lost where the mean is large."""
    config = layer.config
    mean, variance = _statistics(layer)
    axis = config.get("axis", -1)
    axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
    if mean.size > 1 and axis not in (-1, _last(layer)):
        raise refused(
            f"{layer.name!r} normalizes along axis {axis!r:.30}. In TensorFlow.js that works for "
            "the last axis only: "
            "put a Permute before it, or normalize your data first.",
            layer.name,
        )
    mean, variance = mean.ravel(), variance.ravel()
    deviation = np.maximum(np.sqrt(variance), 1e-7)
    steps = [{"scale": 1.0, "offset": _numbers(-mean)}, {"scale": _numbers(1 / deviation), "offset": 0.0}]
    if config.get("invert"):
        steps = [{"scale": _numbers(deviation), "offset": 0.0}, {"scale": 1.0, "offset": _numbers(mean)}]
    notes.append(
        f"{layer.name!r} (Normalization) is computed by two Rescaling layers, with the same results."
    )
    parts = [Layer(f"{layer.name}.{number}", "Rescaling", step) for number, step in enumerate(steps, 1)]
    return chained(layer, *parts)


def _statistics(layer: Layer) -> tuple[np.ndarray, np.ndarray]:
    if layer.weights:
        mean, variance = (array.read().astype(np.float64) for array in layer.weights[:2])
    else:
        try:
            mean, variance = (np.asarray(layer.config.get(key), np.float64) for key in ("mean", "variance"))
        except (TypeError, ValueError) as error:
            raise damaged(f"{layer.name!r} has a mean that is no number") from error
    if mean.size != variance.size or not np.isfinite(mean).all() or not np.isfinite(variance).all():
        raise damaged(f"{layer.name!r} has a mean or a variance that is no number")
    return mean, variance


def _last(layer: Layer) -> int | None:
    """The last axis of what a layer takes, where the file says it."""
    return len(layer.takes) - 1 if layer.takes else None


def _numbers(values: np.ndarray) -> Any:
    return values.tolist() if values.size > 1 else float(values.reshape(-1)[0])


def _resized(kind: str, key: str, other: list[int] | int) -> Rewrite:
    def rewrite(layer: Layer, notes: list[str]) -> list[Layer]:
        value = layer.config.get(key, 2) if key == "size" else _sides(layer, key)
        notes.append(f"{layer.name!r} ({layer.kind}) is computed as a {kind}, with the same results.")
        return _as_image(layer, kind, {key: [value, other]}, [])

    return rewrite


def _kept_dimensions(layer: Layer, notes: list[str]) -> list[Layer] | None:
    """Global pooling that keeps the axes that it pools: they are added again."""
    if not layer.config.get("keepdims"):
        return None
    pooled = Layer(f"{layer.name}.pooled", layer.kind, {**layer.config, "keepdims": False})
    again = Layer(f"{layer.name}.again", "RepeatVector", {"n": 1})
    if layer.kind.endswith("1D"):
        return chained(layer, pooled, again)
    return chained(layer, pooled, again, _each_step(layer.name, "RepeatVector", n=1))


def _dropped_maps(layer: Layer, notes: list[str]) -> list[Layer]:
    places = [None, *[1] * (3 if layer.kind.endswith("3D") else 2), None]
    config = {"rate": layer.config.get("rate", 0.5), "noise_shape": places}
    return chained(layer, Layer(layer.name, "Dropout", config))


def _nothing(layer: Layer, notes: list[str]) -> list[Layer]:
    """Layers that do nothing when a model predicts."""
    if layer.kind != "Identity":
        notes.append(f"{layer.name!r} ({layer.kind}) does nothing here: it matters in training only.")
    return chained(layer, Layer(layer.name, "Activation", {"activation": "linear"}))


def _reset_after(layer: Layer, notes: list[str]) -> list[Layer] | None:
    if not layer.config.get("reset_after"):
        return None
    notes.append(
        f"{layer.name!r} is a GRU with `reset_after`, which TensorFlow.js lacks: load MLabs' "
        "`layers.js` before the model."
    )
    layer.kind = "ResetAfterGRU"
    return None


def _difference(layer: Layer, notes: list[str]) -> list[Layer]:
    minus = Layer(f"{layer.name}.minus", "Rescaling", {"scale": -1.0, "offset": 0.0})
    minus.calls = [Call(call.tensors[1:2]) for call in layer.calls]
    places = enumerate(layer.calls)
    calls = [Call([*call.tensors[:1], Ref(minus.name, number)]) for number, call in places]
    if not all(len(call.tensors) == 2 for call in layer.calls):
        raise damaged(f"{layer.name!r} subtracts something else than one from another")
    return [minus, Layer(layer.name, "Add", {}, calls)]


REWRITES: dict[str, Rewrite] = {
    "Conv1D": _causal,
    "SeparableConv1D": lambda layer, notes: _on_steps(layer, "SeparableConv2D", notes),
    "DepthwiseConv1D": lambda layer, notes: _on_steps(layer, "DepthwiseConv2D", notes),
    "ZeroPadding1D": _resized("ZeroPadding2D", "padding", [0, 0]),
    "Cropping1D": _resized("Cropping2D", "cropping", [0, 0]),
    "UpSampling1D": _resized("UpSampling2D", "size", 1),
    "Normalization": _normalization,
    "MultiHeadAttention": attention,
    "GRU": _reset_after,
    "Subtract": _difference,
    "SpatialDropout2D": _dropped_maps,
    "SpatialDropout3D": _dropped_maps,
    **{f"Global{kind}Pooling{rank}D": _kept_dimensions for kind in ("Max", "Average") for rank in (1, 2)},
    **dict.fromkeys(
        (
            "Identity",
            "ActivityRegularization",
            "RandomFlip",
            "RandomRotation",
            "RandomZoom",
            "RandomTranslation",
            "RandomContrast",
            "RandomBrightness",
        ),
        _nothing,
    ),
}
