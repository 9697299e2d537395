"""Writes a model as TensorFlow.js reads it: JSON as of Keras 2, and weights under their names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlabs_ext.service.conversion.arrays import Array
from mlabs_ext.service.conversion.expected import names_of
from mlabs_ext.service.conversion.graph import Layer, Model, Ref
from mlabs_ext.service.conversion.refusing import refused
from mlabs_ext.service.conversion.settings import settings_of


class Topology:
    """One model: `described` is its JSON, `weights` are its arrays by name, in order."""

    def __init__(self, model: Model, notes: list[str]):
        self.notes, self._keras = notes, model.keras
        self.weights: list[tuple[str, Array]] = []
        self.described = self._model(model)

    def _model(self, model: Model) -> dict[str, Any]:
        if model.is_sequence:
            return {
                "class_name": "Sequential",
                "config": {"name": model.name, "layers": [self._layer(layer) for layer in model.layers]},
            }
        inside = {layer.name for layer in model.layers if layer.model}
        layers = [self._called(layer, inside) for layer in model.layers]
        config = {
            "name": model.name,
            "layers": layers,
            "input_layers": [_reference(ref, inside) for ref in model.inputs],
            "output_layers": [_reference(ref, inside) for ref in model.outputs],
        }
        return {"class_name": "Functional", "config": config}

    def _called(self, layer: Layer, inside: set[str]) -> dict[str, Any]:
        if named := {key for call in layer.calls for key in call.named}:
            raise refused(
                f"{layer.name!r} is called with {', '.join(sorted(named))}, which layers in TensorFlow.js "
                "cannot be. Call it with its inputs only, and save the model again.",
                layer.name,
            )
        nodes = [[[*_reference(ref, inside), {}] for ref in call.tensors] for call in layer.calls]
        return {**self._layer(layer), "name": layer.name, "inbound_nodes": nodes}

    def _layer(self, layer: Layer) -> dict[str, Any]:
        if layer.model:
            described = self._model(layer.model)
            described["config"]["name"] = layer.name
            return described
        self.weights += zip(_names(layer, layer.name), layer.weights, strict=True)
        return self._plain(layer)

    def _plain(self, layer: Layer) -> dict[str, Any]:
        config = settings_of(layer, self._keras, self.notes)
        if isinstance(layer.inner, Layer):
            config["layer"] = self._plain(layer.inner) if not layer.inner.model else self._layer(layer.inner)
        return {"class_name": layer.kind, "config": config}


def _names(layer: Layer, prefix: str) -> Iterator[str]:
    """The names that TensorFlow.js gives a layer's arrays, in order."""
    if not isinstance(layer.inner, Layer):
        yield from (f"{prefix}/{name}" for name in names_of(layer))
    elif layer.kind == "Bidirectional":
        for run in ("forward", "backward"):
            yield from _names(layer.inner, f"{prefix}/{run}_{layer.inner.name}")
    elif not layer.inner.model:
        yield from _names(layer.inner, prefix)


def _reference(ref: Ref, inside: set[str]) -> list[Any]:
    """For TensorFlow.js a model within a model has made a call before the first that others see."""
    return [ref.layer, ref.call + (ref.layer in inside), ref.tensor]
