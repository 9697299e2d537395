"""Describes a model's layers as its page shows them: as they were, before any was rewritten."""

from __future__ import annotations

from mlabs_ext.service.conversion.graph import Layer, Model, model_below
from mlabs_ext.service.conversion.task import Described


def described(model: Model) -> list[Described]:
    """The layers, in the model's order."""
    found = []
    before: list[str] = []
    for layer in model.layers:
        after = before if model.is_sequence else _after(layer)
        found.append(_one(layer, after))
        before = [layer.name]
    return found


def _one(layer: Layer, after: list[str]) -> Described:
    inner = model_below(layer)
    layers = described(inner) if inner else []
    parameters = sum(array.size for array in layer.weights) + sum(it.parameters for it in layers)
    trainable = layer.config.get("trainable", True) is not False
    return Described(layer.name, kind_of(layer), parameters, trainable, after, layers=layers)


def kind_of(layer: Layer) -> str:
    """The class, with that of what it wraps: `Bidirectional(LSTM)`."""
    if layer.model:
        return "Sequential" if layer.model.is_sequence else "Functional"
    return f"{layer.kind}({kind_of(layer.inner)})" if isinstance(layer.inner, Layer) else layer.kind


def _after(layer: Layer) -> list[str]:
    refs = [ref for call in layer.calls for ref in [*call.tensors, *call.named.values()]]
    return list(dict.fromkeys(ref.layer for ref in refs))
